-- Take the lease if it is free, or held by an earlier engine of the same slot, which its supervisor knows to be dead.
-- KEYS: lease, fence   ARGV: engine's id, host, slot or '', time to live in ms, highest token known elsewhere
-- Returns {token or '', now, ms until the present lease ends}.
local now = now_ms()
local slot = redis.call('HGET', KEYS[1], 'slot')
if slot and (slot == '' or slot ~= ARGV[3]) then
  return {'', whole(now), redis.call('PTTL', KEYS[1])}
end
-- Time keeps tokens rising even when a flushed Redis has forgotten the last one.
local token = whole(math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, tonumber(ARGV[5]) + 1, now))
redis.call('SET', KEYS[2], token)
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'token', token, 'engine', ARGV[1], 'host', ARGV[2], 'slot', ARGV[3], 'since', whole(now))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {token, whole(now), 0}
