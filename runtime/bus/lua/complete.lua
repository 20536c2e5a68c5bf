-- End a command: store the result, publish it, drop the entry, write the intent; if it has a result, only drop.
-- KEYS: fence, stream, record, history, events, intent, undoable, the records of what this command has undone   ARGV: token, group, entry, id, message, result's body,
--   outcome, result's text, result's data, responses channel, events' length, retention in seconds,
--   intent changes (1/0), paused (1/0), paused until in ms or '', mode, revision, how to undo it or '',
--   whether it is a member of a batch (1/0), whose entry ends with the batch, ids of what this command has undone
-- Returns {verdict, the intent's revision}: completed, already or lease_lost.
if not leads(KEYS[1], ARGV[1]) then
  return {'lease_lost', 0}
end
if is_final(redis.call('HGET', KEYS[3], 'state')) then
  if ARGV[19] == '0' then
    drop_entry(KEYS[2], ARGV[2], ARGV[3])
  end
  return {'already', 0}
end
local now = now_ms()
local result = stamped(ARGV[6], now)
redis.call('HSET', KEYS[3], 'id', ARGV[4], 'message', ARGV[5], 'entry', ARGV[3], 'state', ARGV[7],
  'finishedAt', whole(now), 'text', ARGV[8], 'data', ARGV[9], 'result', result)
redis.call('HSETNX', KEYS[3], 'queuedAt', whole(entry_ms(ARGV[3])))
redis.call('EXPIRE', KEYS[3], ARGV[12])
redis.call('ZADD', KEYS[4], 'NX', history_score(ARGV[3]), ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', whole(now - 1000 * tonumber(ARGV[12])))
local revision = 0
if ARGV[13] == '1' then
  -- Counted on from what the engine knows, too: the key may have vanished, and copies of it must not look newer.
  revision = math.max(tonumber(redis.call('HGET', KEYS[6], 'revision') or '0'), tonumber(ARGV[17])) + 1
  redis.call('HSET', KEYS[6], 'paused', ARGV[14], 'pausedUntil', ARGV[15], 'mode', ARGV[16],
    'revision', whole(revision))
end
redis.call('ZREMRANGEBYSCORE', KEYS[7], '-inf', whole(now - 1000 * tonumber(ARGV[12])))
if ARGV[18] ~= '' then
  redis.call('HSET', KEYS[3], 'undo', ARGV[18])
  redis.call('ZADD', KEYS[7], now, ARGV[4])
end
for k = 8, #KEYS do
  -- A record that is gone meanwhile must not come back as this one field.
  if redis.call('EXISTS', KEYS[k]) == 1 then
    redis.call('HSET', KEYS[k], 'undoneBy', ARGV[4])
  end
  redis.call('ZREM', KEYS[7], ARGV[12 + k])
end
announce(KEYS[5], ARGV[10], result, ARGV[11])
if ARGV[19] == '0' then
  drop_entry(KEYS[2], ARGV[2], ARGV[3])
end
return {'completed', revision}
