-- KEYS: the catalog. ARGV: name, whether an entry is expected, the one expected, the new one.
-- Returns whether the entry was still the one expected.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if ARGV[2] == '1' and stored ~= ARGV[3] or ARGV[2] == '0' and stored then return 0 end
if ARGV[4] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
end
return 1
