import { readScript, urgentScript, writeScript } from './prelude.ts'

/**
 * KEYS: state, changes, subject, token, family, and the status list where it has a place. ARGV: jti, family or '', lifetime with
 * tolerance, the record, the place. Answers 0 when the family is not live or the place is taken, else some members of a large
 * set, of which those that have died can be removed.
 */
export const addToken: string = writeScript(`
local jti, family, life = ARGV[1], ARGV[2], math.max(1, tonumber(ARGV[3]))
if family ~= '' then
  local ages = redis.call('HMGET', KEYS[5], 'added', 'rotated', 'idle')
  if not ages[1] or not familyIsLive(family, tonumber(ages[1]), tonumber(ages[2]), tonumber(ages[3])) then return 0 end
end
if KEYS[6] and redis.call('ZCOUNT', KEYS[6], ARGV[5], ARGV[5]) > 0 then return 0 end
if KEYS[6] then
  redis.call('ZADD', KEYS[6], ARGV[5], jti)
  atLeast(KEYS[6], life)
end
if family ~= '' then atLeast(KEYS[5], life) end
enter(jti, life)
noteDeath(now + life)
redis.call('SET', KEYS[4], now .. ' ' .. ARGV[4], 'PX', life)
local size = redis.call('ZCARD', KEYS[3])
if size < 32 or size % 8 ~= 0 then return {} end
return redis.call('ZRANDMEMBER', KEYS[3], 32)
`)

/** KEYS: state, changes, subject. ARGV, for each token: jti, family or '', when it was added, when it dies, iat. */
export const tokenStates: string = readScript(`
local states = {now}
for i = 1, #ARGV, 5 do
  states[#states + 1] = tokenState(ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]))
end
return states
`)

/** KEYS: state, changes, subject. ARGV: a nonce, then as for the states of one token. */
export const revokeToken: string = urgentScript(`
if tokenState(ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])) ~= 1 then return false end
local number = change(ARGV[1], 'token', ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[2])
return number
`)

/** KEYS: state, changes, subject. ARGV: a nonce, the subject. However large the set is, its memory is freed elsewhere. */
export const revokeSubject: string = urgentScript(`
local number = change(ARGV[1], 'subject', ARGV[2])
redis.call('UNLINK', KEYS[3])
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
