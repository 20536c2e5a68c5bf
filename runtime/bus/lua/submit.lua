-- Put a command into the queue, once by its id.
-- KEYS: stream, record, history, events, fence   ARGV: id, message, limit, exempt from it (1/0), refusal's body or '',
--   refusal's text, responses channel, events' length, retention in seconds, token of the leader that sends it or ''
-- Returns {verdict, state}: queued, duplicate, queue_full or lease_lost.
if ARGV[10] ~= '' and not leads(KEYS[5], ARGV[10]) then
  return {'lease_lost', ''}
end
local state = redis.call('HGET', KEYS[2], 'state')
if state then
  return {'duplicate', state}
end
local now = now_ms()
if ARGV[4] == '0' and redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[3]) then
  -- A caller that hears the verdict may try again with the same id, so nothing is kept; one that published on the
  -- channel hears only results.
  if ARGV[5] ~= '' then
    local result = stamped(ARGV[5], now)
    redis.call('HSET', KEYS[2], 'id', ARGV[1], 'message', ARGV[2], 'state', 'refused', 'queuedAt', whole(now),
      'finishedAt', whole(now), 'text', ARGV[6], 'result', result)
    redis.call('EXPIRE', KEYS[2], ARGV[9])
    redis.call('ZADD', KEYS[3], now, ARGV[1])
    announce(KEYS[4], ARGV[7], result, ARGV[8])
  end
  return {'queue_full', ''}
end
local entry = redis.call('XADD', KEYS[1], '*', 'message', ARGV[2])
redis.call('HSET', KEYS[2], 'id', ARGV[1], 'message', ARGV[2], 'state', 'queued', 'entry', entry,
  'queuedAt', whole(entry_ms(entry)))
redis.call('ZADD', KEYS[3], history_score(entry), ARGV[1])
return {'queued', 'queued'}
