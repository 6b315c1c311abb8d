import { readScript, urgentScript } from './prelude.ts'

/** Makes what a store begins with, unless it is there. ARGV: a random identity, a nonce. */
export const beginStore: string = `#!lua flags=allow-oom
if redis.call('HSETNX', KEYS[1], 'id', ARGV[1]) == 1 then
  local wall = redis.call('TIME')
  redis.call('UNLINK', KEYS[2])
  redis.call('HSET', KEYS[1], 'offset', 0, 'last', wall[1] * 1000, 'cut', 0, 'marks', cmsgpack.pack({}),
    'death', 0, 'sequence', 0, 'changes', 0)
end
if redis.call('XLEN', KEYS[2]) == 0 then
  redis.call('XADD', KEYS[2], redis.call('HINCRBY', KEYS[1], 'changes', 1) .. '-' .. ARGV[2], 'begin', '')
end
return 1
`

/** Writes the time down, so that the store's clock loses no more than a second when Redis' wall clock is set back. */
export const tick: string = urgentScript('return now')

/**
 * ARGV: the number of the last change that was read, how many to read. Answers how long ago the time was written down
 * (negative: the wall clock was set back), the store's identity, the number of the oldest change that is kept, the number that was
 * read up to, the changes, and the store's time; `false` in the changes' place when that last change is not there.
 */
const answerChanges = `
local function ends(command, from, to)
  local entry = redis.call(command, KEYS[2], from, to, 'COUNT', 1)[1]
  return entry and entry[1]
end
local oldest, newest = ends('XRANGE', '-', '+'), ends('XREVRANGE', '+', '-')
if not oldest then return redis.error_reply('NOSTATE the change log is gone') end
if ARGV[1] == '' or not ends('XRANGE', ARGV[1], ARGV[1]) then return {unnoted, id, oldest, newest, false, now} end
local entries = redis.call('XRANGE', KEYS[2], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
return {unnoted, id, oldest, #entries > 0 and entries[#entries][1] or ARGV[1], entries, now}
`

export const readChanges: string = readScript(answerChanges)

/** The same; it writes, so that replicas have something to acknowledge. */
export const readChangesAndWrite: string = urgentScript(
  `redis.call('HSET', KEYS[1], 'last', now) ${answerChanges}`,
)

/** ARGV: numbers of changes. Answers how many of them, from the first on, are not in the log. */
export const countMissing: string = readScript(`
for i, number in ipairs(ARGV) do
  if #redis.call('XRANGE', KEYS[2], number, number) > 0 then return i - 1 end
end
return #ARGV
`)
