-- Drop an entry that nobody can be answered for, and count it.
-- KEYS: fence, stream, dropped   ARGV: token, group, entry
if not leads(KEYS[1], ARGV[1]) then
  return 'lease_lost'
end
drop_entry(KEYS[2], ARGV[2], ARGV[3])
redis.call('INCR', KEYS[3])
return 'dropped'
