import { readScript, urgentScript, writeScript } from './prelude.ts'

/**
 * KEYS: state, changes, bucket, family, and the status list where it has a place. ARGV: jti, subject, iat, lifetime, tolerance, place
 * or '', then family, client, scope and list, each after a `+` where there is one. Answers 0 when the family is not live or the
 * place is taken, else 1. Of the bucket it looks at a few fields, and removes what has died: it outlives them.
 */
export const addToken: string = writeScript(`
local jti, subject, place = ARGV[1], ARGV[2], tonumber(ARGV[6])
local lifetime, tolerance = tonumber(ARGV[4]), tonumber(ARGV[5])
local ttl = math.max(1, lifetime + tolerance)
local function given(argument)
  return argument ~= '' and string.sub(argument, 2)
end
local family = given(ARGV[7])
if family then
  local ages = redis.call('HMGET', KEYS[4], 'added', 'rotated', 'idle')
  if not ages[1] or not familyIsLive(family, subject, tonumber(ages[1]), tonumber(ages[2]), tonumber(ages[3])) then return 0 end
end
if place and redis.call('ZCOUNT', KEYS[5], place, place) > 0 then return 0 end
if place then
  redis.call('ZADD', KEYS[5], place, jti)
  atLeast(KEYS[5], ttl)
end
local sampled = redis.call('HRANDFIELD', KEYS[3], 4, 'WITHVALUES')
for index = 1, #sampled, 2 do
  local field, packed = sampled[index], sampled[index + 1]
  local kind = string.sub(field, 1, 1)
  local isHolder = kind == '@' or kind == ':'
  local dies = kind ~= '#' and (isHolder and cmsgpack.unpack(packed)[2] * 1000 or diesAt((unpackToken(packed))))
  if dies and now >= dies then redis.call('HDEL', KEYS[3], field) end
end
local generation = enter(subject, ttl)
if family then
  hold(':' .. family, generation, now + ttl)
  atLeast(KEYS[4], ttl)
end
noteDeath(now + ttl)
local token = {nextSequence(), generation, now, tonumber(ARGV[3]), lifetime, tolerance, subject, family, given(ARGV[8]),
  given(ARGV[9]), given(ARGV[10]), place or false}
while not token[#token] do token[#token] = nil end
redis.call('HSET', KEYS[3], jti, '+' .. cmsgpack.pack(token))
return 1
`)

/** KEYS: state, changes, bucket. ARGV: the jti of each. Answers the time, and what is known of each that is there. */
export const readTokens: string = readScript(`
local answer = {now}
for _, jti in ipairs(ARGV) do
  local packed = redis.call('HGET', KEYS[3], jti)
  if packed then answer[#answer + 1] = describe(jti, packed) end
end
return answer
`)

/**
 * KEYS: state, changes, bucket. ARGV: subject, the sequence number after which it begins, a cursor, how many fields are looked at, about.
 * Answers the time, the next cursor, and what is known of each live token of the subject among them.
 */
export const scanTokens: string = readScript(`
local subject, after = ARGV[1], tonumber(ARGV[2])
local part = redis.call('HSCAN', KEYS[3], ARGV[3], 'COUNT', ARGV[4])
local answer = {now, part[1]}
for index = 1, #part[2], 2 do
  local jti = part[2][index]
  if not string.find(jti, '^[#@:]') then
    local token, isMarked = unpackToken(part[2][index + 1])
    if token[7] == subject and token[1] > after and tokenState(token, isMarked) == 1 then
      answer[#answer + 1] = describe(jti, part[2][index + 1])
    end
  end
end
return answer
`)

/** KEYS: state, changes, bucket. ARGV: a nonce, the jti. */
export const revokeToken: string = urgentScript(`
local packed = redis.call('HGET', KEYS[3], ARGV[2])
if not packed or tokenState(unpackToken(packed)) ~= 1 then return false end
local number = change(ARGV[1], 'token', ARGV[2])
redis.call('HSET', KEYS[3], ARGV[2], '-' .. string.sub(packed, 2))
return number
`)

/** KEYS: state, changes, bucket. ARGV: a nonce, the subject. */
export const revokeSubject: string = urgentScript(`
local number = change(ARGV[1], 'subject', ARGV[2])
redis.call('HDEL', KEYS[3], holderOf(ARGV[2]))
return number
`)

/**
 * KEYS: state, changes. ARGV: a nonce, an age or '', an iat, and where there is no age, the store's time that all was added before.
 * A mark concerns what has a smaller sequence number and an earlier iat; one that a later mark covers is dropped, and one whose
 * last token has died.
 */
export const revokeOlderThan: string = urgentScript(`
local iat, before = tonumber(ARGV[3]), tonumber(ARGV[4]) or now - ARGV[2]
local number = change(ARGV[1], 'everything', before .. ' ' .. iat)
local kept = {}
for _, mark in ipairs(marks) do
  if mark[2] > iat and mark[3] > now then kept[#kept + 1] = mark end
end
kept[#kept + 1] = {nextSequence(), iat, tonumber(redis.call('HGET', KEYS[1], 'death'))}
redis.call('HSET', KEYS[1], 'cut', math.max(cut, before), 'marks', cmsgpack.pack(kept), 'last', now)
return number
`)
