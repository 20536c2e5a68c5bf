-- Append an event (an alert, progress, an error).
-- KEYS: fence, events   ARGV: token, body, responses channel or '', events' length
-- Returns the event's id, or lease_lost.
if not leads(KEYS[1], ARGV[1]) then
  return 'lease_lost'
end
local message = stamped(ARGV[2], now_ms())
if ARGV[3] ~= '' then
  return announce(KEYS[2], ARGV[3], message, ARGV[4])
end
return redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'message', message)
