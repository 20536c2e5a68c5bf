-- A member of a batch begins: make its record if there is none yet, and acknowledge it.
-- KEYS: fence, record, history, events   ARGV: token, the batch's entry, id, message, acknowledgement's body,
--   responses channel, events' length, the batch's id
-- Returns go, finished or lease_lost.
if not leads(KEYS[1], ARGV[1]) then
  return 'lease_lost'
end
local state = redis.call('HGET', KEYS[2], 'state')
if is_final(state) then
  return 'finished'
end
if not state then
  local now = now_ms()
  redis.call('HSET', KEYS[2], 'id', ARGV[3], 'message', ARGV[4], 'state', 'acknowledged', 'entry', ARGV[2],
    'queuedAt', whole(entry_ms(ARGV[2])), 'acknowledgedAt', whole(now), 'startedAt', whole(now), 'batch', ARGV[8])
  redis.call('ZADD', KEYS[3], history_score(ARGV[2]), ARGV[3])
  announce(KEYS[4], ARGV[6], stamped(ARGV[5], now), ARGV[7])
end
return 'go'
