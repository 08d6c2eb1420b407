"""The steps that Redis takes as one: Lua."""

TO_OTHERS = ""
"""Instead of a slot: that this caller has to leave it to others."""
COUNT = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
for i = 1, tonumber(ARGV[2]) do redis.call('ZADD', KEYS[1], now, ARGV[3] .. i) end
if redis.call('ZCARD', KEYS[1]) > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return redis.call('ZCARD', KEYS[1])
"""
# A slot is the moment at which a request leaves. Whoever cannot wait for the next takes none, nor who only asks for
# that after so many others, nor who has had most of a window while another caller was there lately (`http/shares.py`).
SLOT = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local calls, window, patience, ahead = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5]) or 0
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local taken, others = redis.call('ZCARD', KEYS[1]), {}
local function at(index)
  if index >= taken then return others[index - taken] end
  return index >= 0 and tonumber(redis.call('ZRANGE', KEYS[1], index, index, 'WITHSCORES')[2]) or nil
end
local slot, last = math.max(now, tonumber(redis.call('GET', KEYS[2]) or 0)), at(taken - 1)
for number = 0, ahead do
  local before = at(taken + number - calls)
  if before then slot = math.max(slot, before + window) end
  if last and last > now then slot = math.max(slot, last + 1) end
  others[number], last = slot, slot
end
if ARGV[5] == '' and ARGV[6] ~= '' then
  redis.call('ZADD', KEYS[3], now, ARGV[6])
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - ARGV[8])
  redis.call('PEXPIRE', KEYS[3], ARGV[8])
  redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now - window)
  local had = redis.call('ZRANGE', KEYS[4], -ARGV[7], -ARGV[7], 'WITHSCORES')[2]
  if had and had + window > slot and redis.call('ZCARD', KEYS[3]) > 1 then return {2, had + window - now} end
end
if ARGV[5] ~= '' or slot - now > patience then return {0, slot - now} end
for _, taken in ipairs({KEYS[1], ARGV[6] ~= '' and KEYS[4] or nil}) do
  redis.call('ZADD', taken, slot, ARGV[4])
  redis.call('PEXPIRE', taken, slot - now + window + 1000)
end
return {1, slot - now}
"""
CLOSE = """
local now = redis.call('TIME')
local until_ms = now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[1]
if until_ms > tonumber(redis.call('GET', KEYS[1]) or 0) then
  redis.call('SET', KEYS[1], string.format('%d', until_ms), 'PX', ARGV[1] + 1)
end
"""
# What was kept before something was changed is of an older edition, and nobody's answer any more.
KEPT = "return {redis.call('GET', KEYS[1]) or '0', redis.call('GET', KEYS[2] .. (redis.call('GET', KEYS[1]) or '0'))}"
# The newest of an owner's results, as many as fit.
KEEP_RESULT = """
redis.call('SET', KEYS[1] .. ':' .. ARGV[1], ARGV[2], 'PX', ARGV[3])
redis.call('LREM', KEYS[1], 0, ARGV[1])
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local size = 0
for at, number in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  size = size + redis.call('STRLEN', KEYS[1] .. ':' .. number)
  if at > tonumber(ARGV[4]) or size > tonumber(ARGV[5]) then
    redis.call('DEL', KEYS[1] .. ':' .. number)
    redis.call('LREM', KEYS[1], 0, number)
  end
end
"""
REPLACE_RECORD = """
local old = redis.call('HGET', KEYS[1], ARGV[1])
if (old or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
elseif not old and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then
  return -1
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return 1
"""
# What is known of a session is replaced by who knows what is there; anew: also where nothing is.
SETTLE_SESSION = """
local there = redis.call('GET', KEYS[1])
if there ~= ARGV[1] and (there or ARGV[4] ~= '1') then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""
