import { readScript, urgentScript, writeScript } from './prelude.ts'

/** KEYS: state, changes, bucket, family. ARGV: family, subject, salt, generation, hash, grant, idle. */
export const addFamily: string = writeScript(`
local idle = math.max(1, tonumber(ARGV[7]))
hold(':' .. ARGV[1], enter(ARGV[2], idle), now + idle)
redis.call('HSET', KEYS[4], 'subject', ARGV[2], 'salt', ARGV[3], 'generation', ARGV[4], 'hash', ARGV[5], 'grant', ARGV[6],
  'idle', ARGV[7], 'added', now, 'rotated', now)
redis.call('PEXPIRE', KEYS[4], idle)
return 1
`)

const findLive = `
local family = redis.call('HMGET', KEYS[4], 'salt', 'generation', 'hash', 'grant', 'idle', 'added', 'rotated', 'previous',
  'subject')
if not family[1] or
  not familyIsLive(ARGV[1], family[9], tonumber(family[6]), tonumber(family[7]), tonumber(family[5])) then
  return false
end
`

/** KEYS: state, changes, bucket, family. ARGV: family. */
export const findFamily: string = readScript(`${findLive}
return {family[9], family[1], family[2], family[3], family[4], family[5]}
`)

/** KEYS: state, changes, bucket, family. ARGV: family, the presented hash, its successor's, the grace. */
export const rotateFamily: string = writeScript(`${findLive}
if ARGV[2] == family[3] then
  redis.call('HSET', KEYS[4], 'generation', family[2] + 1, 'previous', family[3], 'hash', ARGV[3], 'rotated', now)
  local idle = math.max(1, tonumber(family[5]))
  atLeast(KEYS[4], idle)
  hold(':' .. ARGV[1], enter(family[9], idle), now + idle)
  return 'rotated'
end
if ARGV[2] == family[8] and now - family[7] <= tonumber(ARGV[4]) then return 'repeated' end
return 'mismatch'
`)

/** KEYS: state, changes, bucket, family. ARGV: family, a nonce. */
export const revokeFamily: string = urgentScript(`${findLive}
local number = change(ARGV[2], 'family', ARGV[1])
redis.call('HDEL', KEYS[3], ':' .. ARGV[1])
redis.call('UNLINK', KEYS[4])
return number
`)
