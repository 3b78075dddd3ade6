-- KEYS: meta, marker, document, segments to write, segments to drop.
-- ARGV: bytes read, their SHA-1 in hex, head, floor or nothing, number of segments to write, these segments.
-- Returns whether the document began with what was read.
local length, written = tonumber(ARGV[1]), tonumber(ARGV[5])
local floor = redis.call('HGET', KEYS[1], 'floor')
if not floor then return 0 end
local read = length > 0 and redis.call('GETRANGE', KEYS[3], 0, length - 1) or ''
if #read ~= length or redis.sha1hex(read) ~= ARGV[2] then return 0 end
local whole = ARGV[3] .. redis.call('GETRANGE', KEYS[3], length, -1)
if whole == '' then
  redis.call('DEL', KEYS[3])
else
  redis.call('SET', KEYS[3], whole)
end
for i = 4 + written, #KEYS do
  redis.call('DEL', KEYS[i])
end
for i = 1, written do
  redis.call('SET', KEYS[3 + i], ARGV[5 + i])
end
if ARGV[4] ~= '' and less(floor, ARGV[4]) then
  redis.call('HSET', KEYS[1], 'floor', ARGV[4])
  write_marker(KEYS[1], KEYS[2])
end
return 1
