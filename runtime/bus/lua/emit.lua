-- Append an event (an alert, progress, an error).
-- KEYS: fence, events, errors   ARGV: token, body, responses channel or '', events' length, errors' length or 0
-- With a length, the event is kept among the errors as well, under the same id: what comes after it can't push it out
-- there. Returns the event's id, or lease_lost.
if not leads(KEYS[1], ARGV[1]) then
  return 'lease_lost'
end
local message = stamped(ARGV[2], now_ms())
if ARGV[3] ~= '' then
  return announce(KEYS[2], ARGV[3], message, ARGV[4])
end
local id = redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'message', message)
if ARGV[5] ~= '0' then
  local kept = redis.pcall('XADD', KEYS[3], 'MAXLEN', ARGV[5], id, 'message', message)
  if type(kept) == 'table' and kept.err then
    -- A clock that was set back: the errors hold a later id than the events give out now.
    redis.call('XADD', KEYS[3], 'MAXLEN', ARGV[5], '*', 'message', message)
  end
end
return id
