import { mkdirSync, rmSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { eventually } from '../../../../../test/support/processes.ts'
import { openStore, startRedis } from '../../../test/redis/open.ts'
import { rotation, sampleFamily, sampleToken } from '../../testing/token-store/samples.ts'
import { subjectTag } from '../../tokens/identifiers.ts'
import type { ChangeFeed, StoreChange } from '../../tokens/store.ts'
import { Keys } from './keys.ts'

vi.setConfig({ testTimeout: 120_000 })

const unavailable = expect.objectContaining({ code: 'ERR_STORE_UNAVAILABLE', httpStatus: 503 })
const everything: StoreChange = { kind: 'everything' }

/** Where all of a subject is. */
function bucketOf(subject: string): string {
  return new Keys('skewproof', '0').bucket(subjectTag(subject))
}

/** All that a feed shows until it shows this. */
async function takeUntil(feed: ChangeFeed, last: StoreChange): Promise<readonly StoreChange[]> {
  const taken: StoreChange[] = []
  await eventually(async () => {
    taken.push(...feed.take())
    expect(taken).toContainEqual(expect.objectContaining(last))
  })
  return taken
}

it('says of a frozen Redis that it cannot be asked, and has missed nothing when it goes on', async () => {
  const server = await startRedis()
  const [store, other] = [
    await openStore(server.url, { commandTimeout: '500ms', maxStaleness: '300ms' }),
    await openStore(server.url),
  ]
  const feed = store.openFeed()
  const token = sampleToken()
  await other.addToken(token)
  server.signal('SIGSTOP')
  const revoked = other.revokeToken(token.jti)
  await eventually(async () => expect(() => feed.take()).toThrow(unavailable))
  await expect(store.findToken(token.jti)).rejects.toEqual(unavailable)
  server.signal('SIGCONT')
  expect((await revoked).revoked).toBe(true)
  await takeUntil(feed, { kind: 'token', jti: token.jti })
  expect(await eventually(() => store.findToken(token.jti))).toBeUndefined()
})

it('keeps what was acknowledged when Redis is killed, and goes on when it is back', async () => {
  const server = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  const [store, other] = [await openStore(server.url), await openStore(server.url)]
  const feed = other.openFeed()
  const [kept, revoked] = [sampleToken(), sampleToken()]
  for (const token of [kept, revoked]) await store.addToken(token)
  await store.revokeToken(revoked.jti)
  await server.kill()
  await eventually(async () => expect(() => feed.take()).toThrow(unavailable))
  await expect(store.findToken(kept.jti)).rejects.toEqual(unavailable)
  await server.start()
  expect((await eventually(() => store.findToken(kept.jti)))?.jti).toBe(kept.jti)
  expect(await store.findToken(revoked.jti)).toBeUndefined()
  expect((await store.revokeToken(kept.jti)).revoked).toBe(true)
  expect(await takeUntil(feed, { kind: 'token', jti: kept.jti })).not.toContainEqual(everything)
})

it('survives that its connections are cut, again and again', async () => {
  const server = await startRedis()
  const [store, other] = [await openStore(server.url), await openStore(server.url)]
  const feed = other.openFeed()
  for (let round = 0; round < 10; round += 1) {
    const token = sampleToken()
    await eventually(() => store.addToken(token))
    for (const kind of ['normal', 'pubsub']) await server.command('CLIENT', 'KILL', 'TYPE', kind)
    await eventually(async () => {
      await store.revokeToken(token.jti)
      expect(await store.wasRevoked(token.jti)).toBe(true)
    })
    expect(await takeUntil(feed, { kind: 'token', jti: token.jti })).not.toContainEqual(everything)
  }
})

it('sends its scripts again when Redis has forgotten them', async () => {
  const server = await startRedis()
  const store = await openStore(server.url)
  const token = sampleToken()
  await store.addToken(token)
  await server.command('SCRIPT', 'FLUSH')
  expect((await store.revokeToken(token.jti)).revoked).toBe(true)
  await server.command('SCRIPT', 'FLUSH')
  expect(await store.wasRevoked(token.jti)).toBe(true)
})

it('revokes in a Redis that is full, and verifies; it only takes nothing more', async () => {
  const server = await startRedis()
  const store = await openStore(server.url)
  const family = sampleFamily()
  const tokens = [sampleToken(), sampleToken({ familyId: family.familyId }), sampleToken(), sampleToken()]
  await store.addFamily(family)
  for (const token of tokens) await store.addToken(token)
  const feed = store.openFeed()
  await server.command('CONFIG', 'SET', 'maxmemory', '1')
  await expect(store.addToken(sampleToken())).rejects.toEqual(unavailable)
  expect((await store.findToken(tokens[0]?.jti ?? ''))?.jti).toBe(tokens[0]?.jti)
  expect((await store.revokeToken(tokens[0]?.jti ?? '')).revoked).toBe(true)
  expect((await store.revokeFamily(family.familyId)).revoked).toBe(true)
  expect((await store.revokeSubject('alice')).revoked).toBe(true)
  expect((await store.revokeOlderThan(0, 0)).revoked).toBe(true)
  for (const { jti } of tokens) expect(await store.findToken(jti)).toBeUndefined()
  expect(feed.take()).toHaveLength(4)
  await server.command('CONFIG', 'SET', 'maxmemory', '0')
  expect(await store.addToken(sampleToken())).toBe(true)
})

it('begins anew after FLUSHALL: what was issued before is dead, for everybody', async () => {
  const server = await startRedis()
  const [store, other] = [await openStore(server.url), await openStore(server.url)]
  const feed = other.openFeed()
  const token = sampleToken()
  await store.addToken(token)
  await server.command('FLUSHALL')
  await takeUntil(feed, everything)
  expect(await store.findToken(token.jti)).toBeUndefined()
  const next = sampleToken()
  expect(await other.addToken(next)).toBe(true)
  expect((await store.findToken(next.jti))?.jti).toBe(next.jti)
})

it.each(['state', 'changes'])('brings nothing back to life when Redis has evicted its %s', async part => {
  const server = await startRedis()
  const [store, other] = [await openStore(server.url), await openStore(server.url)]
  const feed = other.openFeed()
  const tokens = Array.from({ length: 5 }, (_, count) => sampleToken({ subject: `subject ${count}` }))
  for (const token of tokens) await store.addToken(token)
  await store.revokeToken(tokens[0]?.jti ?? '')
  await store.revokeSubject('subject 1')
  await store.revokeOlderThan(3_600_000, 2_000_000_000)
  await store.addToken(sampleToken({ subject: 'subject 2' }))
  await server.command('DEL', `skewproof:{0}:${part}`)
  await takeUntil(feed, everything)
  for (const { jti } of tokens) expect(await other.findToken(jti)).toBeUndefined()
})

it('refuses the tokens of a bucket when Redis has evicted it', async () => {
  const server = await startRedis()
  const store = await openStore(server.url)
  const [token, other] = [sampleToken(), sampleToken({ subject: 'bob' })]
  for (const one of [token, other]) await store.addToken(one)
  await server.command('DEL', bucketOf('alice'))
  expect(await store.findToken(token.jti)).toBeUndefined()
  expect((await store.findToken(other.jti))?.jti).toBe(other.jti)
  await store.addToken(sampleToken())
  expect(await store.findToken(token.jti)).toBeUndefined()
})

it('refuses a session and its tokens when Redis has evicted its family', async () => {
  const server = await startRedis()
  const store = await openStore(server.url)
  const family = sampleFamily()
  await store.addFamily(family)
  await server.command('DEL', `skewproof:{0}:f:${family.familyId}`)
  expect(await store.rotateFamily(rotation(family.familyId, 0))).toBe('unknown')
  expect(await store.addToken(sampleToken({ familyId: family.familyId }))).toBe(false)
})

it('begins with new documents when Redis has evicted them', async () => {
  const server = await startRedis()
  const store = await openStore(server.url)
  await store.writeDocument('keys', 'old', 0)
  await server.command('DEL', 'skewproof:{0}:d:keys')
  expect(await store.readDocument('keys')).toMatchObject({ version: 0, value: undefined })
  expect(await store.writeDocument('keys', 'new', 0)).toBe(true)
})

it('verifies by a Redis that cannot save, which takes nothing', async () => {
  const server = await startRedis({ args: ['--enable-protected-configs', 'yes'] })
  const store = await openStore(server.url)
  const token = sampleToken()
  await store.addToken(token)
  await server.command('CONFIG', 'SET', 'save', '3600 1')
  rmSync(server.directory, { recursive: true })
  await server.command('BGSAVE')
  await eventually(async () => {
    await expect(store.addToken(sampleToken())).rejects.toThrow(/MISCONF/)
  })
  await expect(store.revokeToken(token.jti)).rejects.toEqual(unavailable)
  expect((await store.findToken(token.jti))?.jti).toBe(token.jti)

  mkdirSync(server.directory)
  await server.command('CONFIG', 'SET', 'dir', server.directory)
  await server.command('BGSAVE')
  await eventually(() => store.revokeToken(token.jti))
  expect(await store.findToken(token.jti)).toBeUndefined()
})

it('notices that it is further behind than the change log reaches', async () => {
  const server = await startRedis()
  const [store, other] = [await openStore(server.url), await openStore(server.url)]
  const feed = other.openFeed()
  await store.revokeSubject('alice')
  await takeUntil(feed, { kind: 'subject', subject: 'alice' })
  await server.command('XTRIM', 'skewproof:{0}:changes', 'MAXLEN', '0')
  await takeUntil(feed, everything)
})

it('revokes a subject with 100,000 tokens in one short step', async () => {
  const server = await startRedis()
  const store = await openStore(server.url)
  const tokens = Array.from({ length: 10 }, () => sampleToken())
  for (const token of tokens) await store.addToken(token)
  const fill = `local packed = redis.call('HGET', KEYS[1], ARGV[1])
    for i = 1, 100000 do redis.call('HSET', KEYS[1], ARGV[1] .. '-' .. i, packed) end`
  await server.command('EVAL', fill, '1', bucketOf('alice'), tokens[0]?.jti ?? '')
  expect((await store.findToken(`${tokens[0]?.jti}-100000`))?.subject).toBe('alice')
  await server.command('CONFIG', 'RESETSTAT')
  await store.revokeSubject('alice')
  const statistics = String(await server.command('INFO', 'commandstats'))
  const calls = [...statistics.matchAll(/cmdstat_[a-z]+:calls=(\d+)/g)].map(([, count]) => Number(count))
  // As many as for a subject with one token.
  expect(calls.reduce((sum, count) => sum + count, 0)).toBeLessThan(100)
  expect(await store.listTokens('alice')).toEqual({ tokens: [] })
  for (const { jti } of tokens) expect(await store.wasRevoked(jti)).toBe(true)
})

it('lets a bucket forget what has died', async () => {
  const server = await startRedis()
  const store = await openStore(server.url)
  for (let count = 0; count < 300; count += 1) {
    await store.addToken(sampleToken({ lifetimeMs: 1, toleranceMs: 0 }))
  }
  await eventually(async () => {
    await store.addToken(sampleToken())
    expect(Number(await server.command('HLEN', bucketOf('alice')))).toBeLessThan(150)
  })
})
