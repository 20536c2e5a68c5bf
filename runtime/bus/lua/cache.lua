-- Write candles, indicator values and last prices, several keys in one step.
-- KEYS: fence, then one key for each group   ARGV: token, then for each key: kind, number of items, the items.
--   kind set: one item, the value; append: the field that falls out, then fields and values; replace: fields and
--   values of the whole hash
if not leads(KEYS[1], ARGV[1]) then
  return 'lease_lost'
end
local at = 2
-- Values go in together: a call for each takes several times as long.
local values = {}
local function set_values()
  if #values > 0 then
    redis.call('MSET', unpack(values))
    values = {}
  end
end
for k = 2, #KEYS do
  local kind, count = ARGV[at], tonumber(ARGV[at + 1])
  at = at + 2
  if kind == 'set' then
    values[#values + 1] = KEYS[k]
    values[#values + 1] = ARGV[at]
    if #values >= 1000 then
      set_values()
    end
  else
    local first = at
    if kind == 'append' then
      redis.call('HDEL', KEYS[k], ARGV[at])
      first = at + 1
    else
      redis.call('DEL', KEYS[k])
    end
    -- unpack is limited by the interpreter's stack.
    for from = first, at + count - 1, 1000 do
      redis.call('HSET', KEYS[k], unpack(ARGV, from, math.min(from + 999, at + count - 1)))
    end
  end
  at = at + count
end
set_values()
return 'stored'
