/**
 * What all scripts begin with. KEYS[1] is the shard's state, KEYS[2] its change log, KEYS[3] the bucket of a
 * subject where there is one; a script touches no key that it is not given, so that a cluster can send it where they are.
 *
 * The store's clock, `now`, is Redis' wall clock plus an offset, and never goes back: when the wall clock is set back, the
 * clock goes on from `last`, the latest time that was written down.
 */
const readState = `
local state = redis.call('HMGET', KEYS[1], 'id', 'offset', 'last', 'cut', 'marks')
if not state[1] then return redis.error_reply('NOSTATE the store has not been begun') end
local id, offset, last, cut = tonumber(state[1]), tonumber(state[2]), tonumber(state[3]), tonumber(state[4])
local marks = cmsgpack.unpack(state[5])
local wall = redis.call('TIME')
local now = wall[1] * 1000 + math.floor(wall[2] / 1000) + offset
local unnoted = now - last
`

const holdClock = `
now = math.max(now, last)
`

const writeClock = `
if unnoted < 0 then
  redis.call('HSET', KEYS[1], 'offset', offset - unnoted)
  now = last
end
if unnoted >= 1000 then redis.call('HSET', KEYS[1], 'last', now) end
`

/**
 * A bucket is a hash of all that belongs to some subjects, the whole of which Redis keeps in a few kilobytes. Its fields: `#` the
 * store's identity; a `jti` and the token's record; `@` with a subject, and `:` with a family, and what they are: holders.
 *
 * A holder has the number of its generation, and the second in which the last of what it holds dies. A token is live while its record is there and
 * not marked, its subject holds it, in the same generation, and its family does: what is missing, for whatever reason, is dead.
 * To revoke a token is to mark its record. To revoke a subject, with however many tokens, is to remove its holder: another one
 * has another generation. To revoke a family is to remove its holder.
 */
const liveness = `
local function holderOf(subject)
  return '@' .. (#subject > 20 and string.sub(redis.sha1hex(subject), 1, 20) or subject)
end

local function isOurs()
  return tonumber(redis.call('HGET', KEYS[3], '#') or 0) == id
end

local function generationOf(holder)
  local packed = redis.call('HGET', KEYS[3], holder)
  return packed and cmsgpack.unpack(packed)[1]
end

-- The record's fields: sequence, generation, added, iat, lifetime, tolerance, subject, family, client, scope, list, place.
local function unpackToken(packed)
  return cmsgpack.unpack(string.sub(packed, 2)), string.sub(packed, 1, 1) == '-'
end

local function diesAt(token)
  return token[3] + token[5] + token[6]
end

local function isSwept(token)
  if token[3] < cut then return true end
  for _, mark in ipairs(marks) do
    if token[1] < mark[1] and token[4] < mark[2] then return true end
  end
  return false
end

-- 0: dead of age; 1: live; 2: revoked
local function tokenState(token, isMarked)
  if now >= diesAt(token) then return 0 end
  if isMarked or not isOurs() or isSwept(token) or generationOf(holderOf(token[7])) ~= token[2] then return 2 end
  return token[8] and generationOf(':' .. token[8]) ~= token[2] and 2 or 1
end

local function describe(jti, packed)
  local token, isMarked = unpackToken(packed)
  local answer = {jti, tokenState(token, isMarked), token[1]}
  for field = 3, 12 do answer[field + 1] = token[field] or false end
  return answer
end

local function familyIsLive(familyId, subject, added, rotated, idle)
  if now - rotated >= idle or added < cut or not isOurs() then return false end
  local generation = generationOf(':' .. familyId)
  return generation and generation == generationOf(holderOf(subject))
end
`

/** How many changes are kept, about; a reader that is further behind starts anew. */
const logCapacity = 10_000

const writing = `
local function nextSequence()
  return redis.call('HINCRBY', KEYS[1], 'sequence', 1)
end

local function noteDeath(dies)
  if dies > tonumber(redis.call('HGET', KEYS[1], 'death')) then redis.call('HSET', KEYS[1], 'death', dies) end
end

local function atLeast(key, ttl)
  if redis.call('PTTL', key) < ttl then redis.call('PEXPIRE', key, ttl) end
end

-- Makes a holder, unless it is there in this generation, and lets it live as long as what it holds.
local function hold(holder, generation, dies)
  local packed = redis.call('HGET', KEYS[3], holder)
  local held = packed and cmsgpack.unpack(packed) or {generation or nextSequence(), 0}
  dies = math.ceil(dies / 1000)
  if held[2] >= dies and held[1] == (generation or held[1]) then return held[1] end
  held = {generation or held[1], math.max(held[2], dies)}
  redis.call('HSET', KEYS[3], holder, cmsgpack.pack(held))
  return held[1]
end

-- Makes the bucket ours, and gives the generation of a subject.
local function enter(subject, ttl)
  if not isOurs() then
    redis.call('UNLINK', KEYS[3])
    redis.call('HSET', KEYS[3], '#', id)
  end
  local generation = hold(holderOf(subject), nil, now + ttl)
  atLeast(KEYS[3], ttl)
  return generation
end

-- The second half of its number is random: a history that was rewritten cannot pass for the one that was read.
local function change(nonce, kind, value)
  local number = redis.call('HINCRBY', KEYS[1], 'changes', 1) .. '-' .. nonce
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ${logCapacity}, number, kind, value, 'at', now)
  redis.call('PUBLISH', KEYS[2], number)
  return number
end
`

/** A script that writes nothing: it also runs on a full Redis, and on one that cannot save. */
export function readScript(body: string): string {
  return `#!lua flags=no-writes\n${readState}${holdClock}${liveness}${body}`
}

/** A script that is refused as a whole by a full Redis. */
export function writeScript(body: string): string {
  return `#!lua\n${readState}${writeClock}${liveness}${writing}${body}`
}

/** A script that also runs on a full Redis: to revoke must always be possible. */
export function urgentScript(body: string): string {
  return `#!lua flags=allow-oom\n${readState}${writeClock}${liveness}${writing}${body}`
}
