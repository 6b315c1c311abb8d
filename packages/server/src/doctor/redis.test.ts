import { describe, expect, it } from 'vitest'
import type { CheckId, CheckStatus } from './check.ts'
import { judgeRedis, type ReachedRedis } from './redis.ts'

const info = {
  redis_version: '7.0.15',
  maxmemory: '0',
  maxmemory_policy: 'noeviction',
  aof_enabled: '1',
  aof_last_write_status: 'ok',
  rdb_last_bgsave_status: 'ok',
}

function redis(
  fields: Partial<Record<string, string>> = {},
  others: Partial<ReachedRedis> = {},
): ReachedRedis {
  const entries = Object.entries({ ...info, ...fields }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return {
    address: '127.0.0.1:6379',
    offset: { offsetMs: 1, errorMs: 1 },
    info: new Map(entries),
    save: '',
    ...others,
  }
}

describe('Redis', () => {
  it('that is right passes', () => {
    expect(judgeRedis(redis()).map(({ status }) => status)).toEqual(Array(5).fill('pass'))
  })

  it.each<[string | undefined, RegExp]>([
    ['NOAUTH', /wants a password/],
    ['WRONGPASS', /does not accept/],
    ['NOPERM', /lets this user do nothing/],
    ['LOADING', /is loading/],
    ['DENIED', /refuses: why/],
    [undefined, /does not answer: why/],
  ])('that refuses with %s is one failure', (refusal, message) => {
    const checks = judgeRedis({ address: '127.0.0.1:6379', refusal, failure: 'why' })
    expect(checks).toEqual([
      {
        id: 'redis.reachable',
        status: 'fail',
        message: expect.stringMatching(message),
        fix: expect.any(String),
      },
    ])
  })

  it.each<[CheckId, CheckStatus, ReachedRedis]>([
    ['redis.version', 'fail', redis({ redis_version: '6.2.14' })],
    ['redis.version', 'fail', redis({ redis_version: 'unstable' })],
    ['redis.version', 'pass', redis({ redis_version: '7.2.4', valkey_version: '8.0.1' })],
    ['redis.version', 'skip', redis({ redis_version: undefined })],
    ['redis.clock', 'warn', redis({}, { offset: { offsetMs: 150, errorMs: 1 } })],
    ['redis.clock', 'fail', redis({}, { offset: { offsetMs: -2500, errorMs: 1 } })],
    ['redis.clock', 'skip', redis({}, { offset: undefined })],
    ['redis.eviction', 'warn', redis({ maxmemory_policy: 'allkeys-lru' })],
    ['redis.eviction', 'fail', redis({ maxmemory_policy: 'allkeys-lru', maxmemory: '1000' })],
    ['redis.eviction', 'fail', redis({ maxmemory_policy: 'volatile-ttl', maxmemory: '1000' })],
    ['redis.eviction', 'skip', redis({ maxmemory_policy: undefined })],
    ['redis.persistence', 'fail', redis({ aof_enabled: '0' })],
    ['redis.persistence', 'warn', redis({ aof_enabled: '0' }, { save: '3600 1' })],
    ['redis.persistence', 'skip', redis({ aof_enabled: '0' }, { save: undefined })],
    ['redis.persistence', 'skip', redis({ aof_enabled: undefined })],
    ['redis.persistence', 'fail', redis({ aof_last_write_status: 'err' })],
    ['redis.persistence', 'fail', redis({ rdb_last_bgsave_status: 'err' })],
  ])('%s: %s with %j', (id, status, facts) => {
    const checks = judgeRedis(facts)
    const check = checks.find(one => one.id === id)
    expect(check).toMatchObject({ id, status })
    if (status !== 'pass') expect(check?.fix).toBeTruthy()
    expect(checks.filter(one => one.id !== id).map(one => one.status)).toEqual(Array(4).fill('pass'))
  })
})
