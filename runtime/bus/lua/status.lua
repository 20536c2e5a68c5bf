-- Say what the engine does, under the status key and on the channel of the same name.
-- KEYS: fence, status   ARGV: token, body, time to live in seconds
-- Returns {1 or 0, now}.
local now = now_ms()
if not leads(KEYS[1], ARGV[1]) then
  return {0, whole(now)}
end
local message = stamped(ARGV[2], now)
redis.call('SET', KEYS[2], message, 'EX', ARGV[3])
redis.call('PUBLISH', KEYS[2], message)
return {1, whole(now)}
