-- Stands before every script. Redis's clock is the only one that decides.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function whole(number)
  return string.format('%.0f', number)
end

-- An engine leads while no higher token than its own was given out. The fence outlives the lease, so an engine that
-- was stopped and continued finds itself replaced; a fence that vanished with all of Redis has replaced nobody.
local function leads(fence_key, token)
  local fence = redis.call('GET', fence_key)
  return fence == false or fence == token
end

-- Messages come as JSON objects without a timestamp and leave with one.
local function stamped(body, now)
  return '{"timestamp":' .. whole(now) .. ',' .. string.sub(body, 2)
end

local function is_final(state)
  return state and state ~= 'queued' and state ~= 'acknowledged'
end

local function entry_ms(entry)
  return tonumber(string.match(entry, '^(%d+)'))
end

-- A command's score in the history: its time, and among those of one millisecond its place in the stream.
local function history_score(entry)
  local sequence = tonumber(string.match(entry, '-(%d+)$') or '0')
  return string.format('%.3f', entry_ms(entry) + math.min(sequence, 999) / 1000)
end

local function drop_entry(stream, group, entry)
  redis.call('XACK', stream, group, entry)
  redis.call('XDEL', stream, entry)
end

local function announce(events, channel, message, length)
  redis.call('PUBLISH', channel, message)
  return redis.call('XADD', events, 'MAXLEN', '~', length, '*', 'message', message)
end
