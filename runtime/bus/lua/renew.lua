-- Keep the lease; made again where it expired or vanished and nobody else took it.
-- KEYS: lease, fence   ARGV: token, engine's id, host, slot, time to live in ms
-- Returns {1 or 0, now}.
local now = now_ms()
if not leads(KEYS[2], ARGV[1]) then
  return {0, whole(now)}
end
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  redis.call('SET', KEYS[2], ARGV[1])
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'token', ARGV[1], 'engine', ARGV[2], 'host', ARGV[3], 'slot', ARGV[4],
    'since', whole(now))
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return {1, whole(now)}
