-- The leader takes one entry of the stream: make its record if the entry came without one, and acknowledge it.
-- KEYS: fence, stream, record, history, events   ARGV: token, group, entry, id, message, acknowledgement's body,
--   time to live in ms, explicit deadline in ms or '', furthest deadline in ms from now, responses channel,
--   events' length
-- Returns new, again, duplicate, finished, expired, too_far or lease_lost.
if not leads(KEYS[1], ARGV[1]) then
  return 'lease_lost'
end
local now = now_ms()
local entry = ARGV[3]
local record = redis.call('HMGET', KEYS[3], 'state', 'entry', 'startedAt')
local state = record[1]
if not state then
  redis.call('HSET', KEYS[3], 'id', ARGV[4], 'message', ARGV[5], 'state', 'queued', 'entry', entry,
    'queuedAt', whole(entry_ms(entry)))
  redis.call('ZADD', KEYS[4], history_score(entry), ARGV[4])
  state = 'queued'
elseif record[2] ~= entry then
  drop_entry(KEYS[2], ARGV[2], entry)
  return 'duplicate'
elseif is_final(state) then
  drop_entry(KEYS[2], ARGV[2], entry)
  return 'finished'
end
local deadline = entry_ms(entry) + tonumber(ARGV[7])
local too_far = false
if ARGV[8] ~= '' then
  deadline = tonumber(ARGV[8])
  too_far = deadline > entry_ms(entry) + tonumber(ARGV[9])
end
redis.call('HSET', KEYS[3], 'deadline', whole(deadline))
-- What had begun in time is ended, however late it is found again: its effect may have happened.
if deadline <= now and not record[3] then
  return 'expired'
end
if state == 'queued' then
  redis.call('HSET', KEYS[3], 'state', 'acknowledged', 'acknowledgedAt', whole(now))
  announce(KEYS[5], ARGV[10], stamped(ARGV[6], now), ARGV[11])
end
if too_far then
  return 'too_far'
end
if state == 'queued' then
  return 'new'
end
return 'again'
