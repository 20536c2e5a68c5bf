-- A page of the history, newest first.
-- KEYS: history   ARGV: id that the page comes after or '', its length
-- Returns the ids, or false where the id is not known.
local first = 0
if ARGV[1] ~= '' then
  local rank = redis.call('ZREVRANK', KEYS[1], ARGV[1])
  if not rank then
    return false
  end
  first = rank + 1
end
return redis.call('ZREVRANGE', KEYS[1], first, first + tonumber(ARGV[2]) - 1)
