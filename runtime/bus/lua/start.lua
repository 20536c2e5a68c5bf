-- May an acknowledged command begin?
-- KEYS: fence, record   ARGV: token
-- Returns go, expired, finished or lease_lost.
if not leads(KEYS[1], ARGV[1]) then
  return 'lease_lost'
end
-- A record that is gone was flushed with all of Redis: the leader holds the command still and owes its sender an end.
local record = redis.call('HMGET', KEYS[2], 'state', 'deadline', 'startedAt')
if is_final(record[1]) then
  return 'finished'
end
if record[3] then
  return 'go'
end
local now = now_ms()
if record[2] and tonumber(record[2]) <= now then
  return 'expired'
end
redis.call('HSET', KEYS[2], 'startedAt', whole(now))
return 'go'
