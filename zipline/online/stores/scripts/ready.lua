-- KEYS: meta, marker. ARGV: field and chunk of each bulk load. Returns whether the shard is ready.
local ready = redis.call('HGET', KEYS[1], 'ready')
if not ready then return 0 end
if ready == '1' then return 1 end
for i = 1, #ARGV, 2 do
  if (redis.call('HGET', KEYS[1], ARGV[i]) or '-1') ~= ARGV[i + 1] then return 0 end
end
redis.call('HSET', KEYS[1], 'ready', '1')
write_marker(KEYS[1], KEYS[2])
return 1
