import { expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../../../../../test/support/processes.ts'
import { primaryName, startSentinelFleet } from '../../../../../test/support/redis-fleet.ts'
import { encryptionKey, openStore, startRedis } from '../../../test/redis/open.ts'
import { rotation, sampleFamily, sampleToken } from '../../testing/token-store/samples.ts'
import { type RedisStore, redisStore } from './index.ts'

vi.setConfig({ testTimeout: 240_000 })

const unavailable = expect.objectContaining({ code: 'ERR_STORE_UNAVAILABLE' })

async function openBySentinel(nodes: readonly string[], replicas: number): Promise<RedisStore> {
  const store = redisStore({
    sentinel: { name: primaryName, nodes },
    encryptionKey,
    replicas,
    maxStaleness: '2s',
    commandTimeout: '5s',
  })
  onTestFinished(() => store.close())
  await eventually(() => store.sync())
  return store
}

it('says of a revocation whether a failover could undo it', async () => {
  const { servers } = await startSentinelFleet(1, 1)
  const [primary, replica] = servers
  const [waiting, other] = [
    await openStore(primary?.url ?? '', { replicas: 1 }),
    await openStore(primary?.url ?? ''),
  ]
  const [first, second, third] = [sampleToken(), sampleToken(), sampleToken()]
  for (const token of [first, second, third]) await other.addToken(token)
  expect(await waiting.revokeToken(first.jti)).toEqual({ revoked: true, durability: 'replicated' })
  expect(await other.revokeToken(second.jti)).toEqual({ revoked: true, durability: 'acknowledged' })
  replica?.signal('SIGSTOP')
  expect(await waiting.revokeToken(third.jti)).toEqual({ revoked: true, durability: 'acknowledged' })
  replica?.signal('SIGCONT')
})

it('takes nothing for current that comes from a primary which too few replicas follow', async () => {
  const { servers } = await startSentinelFleet(1, 1)
  const [primary, replica] = servers
  const store = await openStore(primary?.url ?? '', { replicas: 1, maxStaleness: '500ms' })
  const feed = store.openFeed()
  replica?.signal('SIGSTOP')
  await eventually(async () => expect(() => feed.take()).toThrow(unavailable))
  replica?.signal('SIGCONT')
  await eventually(async () => feed.take())
})

it('never takes a replica for the store', async () => {
  const primary = await startRedis()
  const replica = await startRedis({ args: ['--replicaof', `127.0.0.1 ${primary.port}`] })
  const store = redisStore({ url: replica.url, commandTimeout: '1s' })
  onTestFinished(() => store.close())
  await expect(store.findToken('token')).rejects.toThrow(/no primary but a slave/)
})

it('follows the primary through failovers, with all that replicas had acknowledged', async () => {
  const fleet = await startSentinelFleet(2, 3)
  const [store, other] = [
    await openBySentinel(fleet.sentinels, 1),
    await openBySentinel(['127.0.0.1:1', ...fleet.sentinels], 1),
  ]
  const feed = other.openFeed()
  const family = sampleFamily({ subject: 'carol' })
  await store.addFamily(family)
  const kept = sampleToken({ subject: 'carol', familyId: family.familyId })
  await store.addToken(kept)
  const revoked: string[] = []
  for (let round = 0; round < 2; round += 1) {
    const token = sampleToken()
    await store.addToken(token)
    expect(await store.revokeToken(token.jti)).toEqual({ revoked: true, durability: 'replicated' })
    revoked.push(token.jti)
    const primary = await fleet.primary()
    await primary.kill()
    await eventually(async () => expect(await fleet.primary()).not.toBe(primary), 120_000)
    await eventually(async () => {
      const next = sampleToken()
      expect(await other.addToken(next)).toBe(true)
      expect((await store.revokeToken(next.jti)).revoked).toBe(true)
    }, 120_000)
    for (const one of [store, other]) {
      for (const jti of revoked) {
        expect(await eventually(() => one.findToken(jti))).toBeUndefined()
        expect(await eventually(() => one.wasRevoked(jti))).toBe(true)
      }
      expect((await eventually(() => one.findToken(kept.jti)))?.jti).toBe(kept.jti)
    }
    // It comes back, and becomes a replica of the other.
    await primary.start()
    await eventually(async () => {
      const [role] = (await primary.command('ROLE')) as [string]
      expect(role).toBe('slave')
    }, 120_000)
    await eventually(async () => {
      await store.sync()
      feed.take()
    })
  }
  expect(await store.rotateFamily(rotation(family.familyId, 0))).toBe('rotated')
})
