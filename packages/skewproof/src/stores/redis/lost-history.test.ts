import { expect, it, vi } from 'vitest'
import { eventually } from '../../../../../test/support/processes.ts'
import { openStore, startRedis } from '../../../test/redis/open.ts'
import { sampleFamily, sampleToken } from '../../testing/token-store/samples.ts'
import { subjectTag } from '../../tokens/identifiers.ts'
import { Keys } from './keys.ts'

vi.setConfig({ testTimeout: 120_000 })

const future = 2_000_000_000

it('says again what Redis has lost when it comes back with an old snapshot', async () => {
  const server = await startRedis()
  const store = await openStore(server.url)
  const family = sampleFamily({ subject: 'carol' })
  const [alone, ofSubject, ofFamily, kept] = [
    sampleToken({ subject: 'alice' }),
    sampleToken({ subject: 'bob' }),
    sampleToken({ subject: 'carol', familyId: family.familyId }),
    sampleToken({ subject: 'dave' }),
  ]
  await store.addFamily(family)
  for (const token of [alone, ofSubject, ofFamily, kept]) await store.addToken(token)
  await server.command('SAVE')
  await store.revokeToken(alone.jti)
  await store.revokeSubject('bob')
  await store.revokeFamily(family.familyId)
  await server.kill()
  await server.start()

  // Somebody who has seen nothing of it.
  const other = await openStore(server.url)
  const revoked = [alone, ofSubject, ofFamily]
  await eventually(async () => {
    for (const { jti } of revoked) expect(await other.findToken(jti)).toBeUndefined()
  })
  for (const { jti } of revoked) expect(await store.findToken(jti)).toBeUndefined()
  expect(await other.findFamily(family.familyId)).toBeUndefined()
  for (const one of [store, other]) expect((await one.findToken(kept.jti))?.jti).toBe(kept.jti)
  expect(await store.addToken(sampleToken({ subject: 'bob' }))).toBe(true)
})

it('says a sweeping revocation again', async () => {
  const server = await startRedis()
  const store = await openStore(server.url)
  const token = sampleToken()
  await store.addToken(token)
  await server.command('SAVE')
  await store.revokeOlderThan(3_600_000, future)
  await server.kill()
  await server.start()
  const other = await openStore(server.url)
  await eventually(async () => expect(await other.findToken(token.jti)).toBeUndefined())
  const later = sampleToken()
  await other.addToken(later)
  expect((await store.findToken(later.jti))?.jti).toBe(later.jti)
})

it('keeps refusing what it has seen revoked, also before it could say so', async () => {
  const server = await startRedis()
  const store = await openStore(server.url, { maxStaleness: '60s' })
  const [revoked, kept] = [sampleToken(), sampleToken({ subject: 'bob' })]
  for (const token of [revoked, kept]) await store.addToken(token)
  await store.revokeToken(revoked.jti)
  const unmark =
    "redis.call('HSET', KEYS[1], ARGV[1], '+' .. string.sub(redis.call('HGET', KEYS[1], ARGV[1]), 2))"
  const bucket = new Keys('skewproof', '0').bucket(subjectTag('alice'))
  await server.command('EVAL', unmark, '1', bucket, revoked.jti)
  expect(await store.findToken(revoked.jti)).toBeUndefined()
  expect(await store.wasRevoked(revoked.jti)).toBe(true)
  expect((await store.findToken(kept.jti))?.jti).toBe(kept.jti)
})

it('is not deceived by numbers that were given again', async () => {
  const server = await startRedis()
  const [store, other] = [await openStore(server.url), await openStore(server.url)]
  const feed = store.openFeed()
  await other.revokeSubject('alice')
  await server.command('SAVE')
  await other.revokeSubject('bob')
  await store.sync()
  expect(feed.take()).toHaveLength(2)
  await other.close()
  server.signal('SIGSTOP')
  await server.kill()
  await server.start()
  const third = await openStore(server.url)
  // It takes the number that was lost.
  await third.revokeSubject('carol')
  const taken: unknown[] = []
  await eventually(async () => {
    taken.push(...feed.take())
    expect(taken).toContainEqual({ kind: 'everything' })
  })
})

it('repeats nothing when it was only slow, or when nothing is left', async () => {
  const server = await startRedis()
  const store = await openStore(server.url)
  const feed = store.openFeed()
  await store.revokeSubject('alice')
  await store.revokeSubject('bob')
  await server.command('XTRIM', 'skewproof:{0}:changes', 'MAXLEN', '0')
  const taken: unknown[] = []
  await eventually(async () => {
    taken.push(...feed.take())
    expect(taken).toContainEqual({ kind: 'everything' })
  })
  const token = sampleToken()
  await store.addToken(token)
  await server.command('FLUSHALL')
  await eventually(async () => {
    await store.addToken(sampleToken())
    taken.push(...feed.take())
    expect(taken.filter(change => change !== undefined)).toHaveLength(4)
  })
  expect((await server.command('XRANGE', 'skewproof:{0}:changes', '-', '+')) as unknown[]).toHaveLength(1)
})
