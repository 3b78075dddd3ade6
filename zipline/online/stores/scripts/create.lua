-- KEYS: meta, marker. ARGV: cut or nothing, floor. Returns the meta hash.
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], 'ready', '0', 'cut', ARGV[1], 'floor', ARGV[2])
  write_marker(KEYS[1], KEYS[2])
end
return redis.call('HGETALL', KEYS[1])
