/**
 * What all scripts begin with. KEYS[1] is the shard's state, KEYS[2] its change log, KEYS[3] the subject's set where there is a
 * subject; a script touches no key that it is not given, so that a cluster can send it where they are.
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
 * A token or family is live while it is in its subject's set, which carries the store's identity under the empty name: what
 * is missing, for whatever reason, is dead. Removing is revoking; removing the set revokes the subject.
 */
const liveness = `
local function swept(added, sequence, iat)
  if added < cut then return true end
  for _, mark in ipairs(marks) do
    if sequence < mark[1] and iat < mark[2] then return true end
  end
  return false
end

-- 0: dead of age; 1: live; 2: revoked
local function tokenState(jti, family, added, dies, iat)
  if now >= dies then return 0 end
  local scores = redis.call('ZMSCORE', KEYS[3], '', jti, family == '' and jti or ':' .. family)
  if not (scores[1] and scores[2] and scores[3]) or -scores[1] ~= id then return 2 end
  return swept(added, tonumber(scores[2]), iat) and 2 or 1
end

local function familyIsLive(familyId, added, rotated, idle)
  if now - rotated >= idle or added < cut then return false end
  local scores = redis.call('ZMSCORE', KEYS[3], '', ':' .. familyId)
  return scores[1] and scores[2] and -scores[1] == id
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

local function enter(member, ttl)
  local owner = redis.call('ZSCORE', KEYS[3], '')
  if owner and -owner ~= id then redis.call('UNLINK', KEYS[3]) end
  redis.call('ZADD', KEYS[3], -id, '', nextSequence(), member)
  atLeast(KEYS[3], ttl)
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
