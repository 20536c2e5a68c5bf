-- Give the lease back at an orderly stop, so that a standby need not wait for its end.
-- KEYS: lease, fence   ARGV: token
if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then
  redis.call('DEL', KEYS[1])
  return 1
end
return 0
