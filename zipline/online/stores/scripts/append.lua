-- KEYS: meta, marker, the documents, the segments.
-- ARGV: field of the log, whether offsets must be equal, offset asked for, stop, watermark, number of documents,
--       the most bytes of a value, the deltas, the segments.
-- Returns nothing (gone), {0, stored}, {-1, which document would be too long}, or {1, stored, sizes...}.
local field, strict, asked, stop, watermark = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local number, most, given = tonumber(ARGV[6]), tonumber(ARGV[7]), 7
local facts = redis.call('HMGET', KEYS[1], 'ready', field)
if not facts[1] then return false end
local stored, watermarked = '-1', nil
if facts[2] then
  stored, watermarked = string.match(facts[2], '^(%-?%d+),?(%-?%d*)$')
end
if strict == '1' and stored ~= asked or less(stored, asked) then return {0, stored} end

-- What can fail comes before the first write: an error undoes nothing.
local marker = redis.call('GET', KEYS[2])
for i = 1, number do
  if redis.call('STRLEN', KEYS[2 + i]) + #ARGV[given + i] > most then return {-1, i} end
end

if strict ~= '1' and less(stop, stored) then stop = stored end
local reply = {1, stop}
for i = 1, number do
  reply[2 + i] = redis.call('APPEND', KEYS[2 + i], ARGV[given + i])
end
for i = 1 + number, #KEYS - 2 do
  redis.call('SET', KEYS[2 + i], ARGV[given + i])
end
if string.sub(field, 1, 2) == 'b:' then
  redis.call('HSET', KEYS[1], field, stop)
  return reply
end
if watermarked and less(watermark, watermarked) then watermark = watermarked end
local applied = stop .. ',' .. watermark
redis.call('HSET', KEYS[1], field, applied)

-- The log's part of the marker is replaced where it stands; where it does not, the marker is made anew.
local name = '|' .. string.sub(field, 3) .. '='
local _, last = string.find(marker or '', name, 1, true)
local old = last and string.match(marker, '^%-?%d+,%-?%d+', last + 1)
local rest = old and string.sub(marker, last + 1 + #old)
if rest and (rest == '' or string.sub(rest, 1, 1) == '|') then
  redis.call('SET', KEYS[2], string.sub(marker, 1, last) .. applied .. rest)
else
  write_marker(KEYS[1], KEYS[2])
end
return reply
