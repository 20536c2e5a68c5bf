-- Write the intent outside of a command: as a new revision, or to restore its own where Redis has an older one or none.
-- KEYS: fence, intent   ARGV: token, paused (1/0), paused until in ms or '', mode, revision, to restore (1/0)
-- Returns {verdict, revision}: stored, newer or lease_lost.
if not leads(KEYS[1], ARGV[1]) then
  return {'lease_lost', 0}
end
local revision = tonumber(redis.call('HGET', KEYS[2], 'revision') or '0')
local given = tonumber(ARGV[5])
if ARGV[6] == '0' then
  revision = math.max(revision, given) + 1
elseif given > revision then
  revision = given
else
  return {'newer', revision}
end
redis.call('HSET', KEYS[2], 'paused', ARGV[2], 'pausedUntil', ARGV[3], 'mode', ARGV[4], 'revision', whole(revision))
return {'stored', revision}
