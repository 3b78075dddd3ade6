-- KEYS: meta, the sets that were used, the sets to drop.
-- ARGV: field of the log, least, stop, number of the sets that were used, the SHA-1 of each set in hex.
-- Returns nothing (gone), {0, stored}, {2, {position, members} of each set that has changed...}, or {1, stored}.
local stop, used = ARGV[3], tonumber(ARGV[4])
local facts = redis.call('HMGET', KEYS[1], 'ready', ARGV[1])
if not facts[1] then return false end
local stored = facts[2] or '-1'
if less(stored, ARGV[2]) then return {0, stored} end
local changed, dropped = {2}, {}
for i = 1, #KEYS - 1 do
  local members = redis.call('ZRANGE', KEYS[1 + i], 0, -1)
  local same = redis.sha1hex(table.concat(members)) == ARGV[4 + i]
  if i > used and same then
    dropped[#dropped + 1] = KEYS[1 + i]
  elseif i <= used and not same then
    changed[#changed + 1] = {i, members}
  end
end
if #changed > 1 then return changed end
for _, key in ipairs(dropped) do redis.call('DEL', key) end
if less(stop, stored) then stop = stored end
redis.call('HSET', KEYS[1], ARGV[1], stop)
return {1, stop}
