import { type Check, fail, pass, skip, warn } from './check.ts'
import { judgeOffset, type Offset } from './offset.ts'

/** What Redis answered, or why it did not. */
export type RedisFacts = UnreachableRedis | ReachedRedis

export interface UnreachableRedis {
  readonly address: string
  /** The first word of what Redis refuses with (`NOAUTH`, `WRONGPASS`); `undefined` when it did not answer at all. */
  readonly refusal: string | undefined
  readonly failure: string
}

export interface ReachedRedis {
  readonly address: string
  readonly failure?: undefined
  /** Its clock minus ours; `undefined` where `TIME` is refused. */
  readonly offset: Offset | undefined
  /** The fields of `INFO`; `undefined` where that is refused. */
  readonly info: ReadonlyMap<string, string> | undefined
  /** The setting `save`, of which `INFO` does not tell; `undefined` where `CONFIG` is refused. */
  readonly save: string | undefined
}

const minMajorVersion = 7

export function judgeRedis(facts: RedisFacts): readonly Check[] {
  if (facts.failure !== undefined) return [judgeUnreachable(facts)]
  return [
    pass('redis.reachable', `Redis at ${facts.address} answers`),
    judgeVersion(facts),
    judgeClock(facts),
    judgeEviction(facts),
    judgePersistence(facts),
  ]
}

function judgeUnreachable({ address, refusal, failure }: UnreachableRedis): Check {
  const id = 'redis.reachable'
  switch (refusal) {
    case 'NOAUTH':
      return fail(id, `Redis at ${address} wants a password`, 'Give it with --redis-password-file.')
    case 'WRONGPASS':
      return fail(id, `Redis at ${address} does not accept the user or the password`, 'Give others.')
    case 'NOPERM':
      return fail(id, `Redis at ${address} lets this user do nothing`, permission)
    case 'LOADING':
      return fail(id, `Redis at ${address} is loading its data`, 'Wait until it is done.')
    case undefined:
      return fail(
        id,
        `Redis at ${address} does not answer: ${failure}`,
        'Is it running? Is the address right?',
      )
    default:
      return fail(id, `Redis at ${address} refuses: ${failure}`, 'Look at its log.')
  }
}

const permission = 'Let the user: ACL SETUSER NAME +info +time +config|get.'

function judgeVersion({ info }: ReachedRedis): Check {
  const id = 'redis.version'
  const valkey = info?.get('valkey_version')
  const version = valkey ?? info?.get('redis_version')
  if (version === undefined) return skip(id, 'it does not tell its version (INFO)', permission)
  const name = `${valkey === undefined ? 'Redis' : 'Valkey'} ${version}`
  const major = Number(/^\d{1,4}/.exec(version)?.[0])
  if (major >= minMajorVersion) return pass(id, `it is ${name}`)
  return fail(id, `it is ${name}, which is too old for the store`, 'Use Redis 7 or later, or Valkey.')
}

function judgeClock({ offset }: ReachedRedis): Check {
  const id = 'redis.clock'
  if (offset === undefined) return skip(id, 'it does not tell its time (TIME)', permission)
  const fix = 'One of the two clocks is wrong: run "skewproof doctor" on both hosts.'
  return judgeOffset(id, offset, size => `its clock is ${size} ours`, fix)
}

function judgeEviction({ info }: ReachedRedis): Check {
  const id = 'redis.eviction'
  const policy = info?.get('maxmemory_policy')
  if (policy === undefined) return skip(id, 'it does not tell what it evicts (INFO)', permission)
  if (policy === 'noeviction') return pass(id, 'it evicts nothing (noeviction)')
  const fix = 'Set maxmemory-policy to noeviction, and give other data a Redis of its own.'
  if (info?.get('maxmemory') === '0') {
    return warn(id, `it evicts nothing as long as maxmemory is not set (${policy})`, fix)
  }
  return fail(id, `it evicts tokens when its memory is full (${policy}): sessions end early`, fix)
}

function judgePersistence({ info, save }: ReachedRedis): Check {
  const id = 'redis.persistence'
  const appends = info?.get('aof_enabled')
  const broken = ['aof_last_write_status', 'aof_last_bgrewrite_status', 'rdb_last_bgsave_status'].find(
    name => info?.get(name) === 'err',
  )
  if (broken !== undefined) {
    return fail(id, `it cannot write its data (${broken} is err)`, 'Look at its log, and at its disk.')
  }
  if (appends === '1') return pass(id, 'it persists (appendonly)')
  const fix = 'Set appendonly to yes: CONFIG SET appendonly yes, and in its configuration.'
  if (save === undefined) {
    const how = 'Let the user ask (ACL SETUSER NAME +config|get), or see that appendonly is yes.'
    return skip(id, 'it does not tell whether it persists (CONFIG GET save)', how)
  }
  if (appends === undefined && save === '') return skip(id, 'it does not tell whether it appends (INFO)', fix)
  if (save === '') return fail(id, 'it persists nothing: a restart logs everybody out', fix)
  return warn(id, `it saves snapshots only (save "${save}"): a crash forgets the latest revocations`, fix)
}
