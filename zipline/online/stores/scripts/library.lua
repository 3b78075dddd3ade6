-- Before every script: whole numbers as text, as Lua's own are exact only up to 2^53; and a shard's marker.

local function less(a, b)
  local x, y = tonumber(a), tonumber(b)
  if x ~= y then return x < y end
  if a == b then return false end
  if #a ~= #b then return (#a < #b) == (x >= 0) end
  return (a < b) == (x >= 0)
end

-- By bytes: Lua's own `<` follows the server's locale.
local function before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- What `markers.marker_bytes` makes of the same facts.
local function write_marker(meta, marker)
  local all, facts, logs = redis.call('HGETALL', meta), {}, {}
  for i = 1, #all, 2 do
    facts[all[i]] = all[i + 1]
    if string.sub(all[i], 1, 2) == 'l:' then logs[#logs + 1] = string.sub(all[i], 3) end
  end
  table.sort(logs, before)
  local parts = {facts['ready'], facts['cut'], facts['floor']}
  for _, log in ipairs(logs) do parts[#parts + 1] = log .. '=' .. facts['l:' .. log] end
  redis.call('SET', marker, table.concat(parts, '|'))
end
