-- KEYS: meta, the sets. ARGV: field of the log, start, then of each set the number of new versions, and these.
-- A set is sorted, all scores 0: its members are in the order of their bytes.
-- Returns nothing (gone), {0, stored}, or {1, members of each set...}.
local facts = redis.call('HMGET', KEYS[1], 'ready', ARGV[1])
if not facts[1] then return false end
local stored = facts[2] or '-1'
if less(stored, ARGV[2]) then return {0, stored} end
for i = 2, #KEYS do redis.call('ZCARD', KEYS[i]) end
local at, reply = 3, {1}
for i = 2, #KEYS do
  local number = tonumber(ARGV[at])
  for j = at + 1, at + number do redis.call('ZADD', KEYS[i], 0, ARGV[j]) end
  reply[i] = redis.call('ZRANGE', KEYS[i], 0, -1)
  at = at + number + 1
end
return reply
