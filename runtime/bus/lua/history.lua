-- A page of the history, newest first.
-- KEYS: history   ARGV: id that the page comes after or '', its length, first and last moment in ms ('' for none)
-- Returns the ids, or false where the id is not known.
local first = 0
if ARGV[1] ~= '' then
  local rank = redis.call('ZREVRANK', KEYS[1], ARGV[1])
  if not rank then
    return false
  end
  first = rank + 1
end
local last = first + tonumber(ARGV[2]) - 1
-- Among those of one millisecond the place in the stream counts: it stands behind the point of the score.
if ARGV[4] ~= '' then
  first = math.max(first, redis.call('ZCOUNT', KEYS[1], whole(ARGV[4] + 1), '+inf'))
  last = first + tonumber(ARGV[2]) - 1
end
if ARGV[3] ~= '' then
  last = math.min(last, redis.call('ZCOUNT', KEYS[1], ARGV[3], '+inf') - 1)
end
if last < first then
  return {}
end
return redis.call('ZREVRANGE', KEYS[1], first, last)
