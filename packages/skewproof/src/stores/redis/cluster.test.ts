import { expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../../../../../test/support/processes.ts'
import { type RedisCluster, startRedisClusterForTest } from '../../../../../test/support/redis-cluster.ts'
import { encryptionKey } from '../../../test/redis/open.ts'
import { rotation, sampleFamily, sampleToken } from '../../testing/token-store/samples.ts'
import { subjectTag } from '../../tokens/identifiers.ts'
import { type RedisStore, type RedisStoreOptions, redisStore } from './index.ts'
import { partOf, shardTags } from './slots.ts'

vi.setConfig({ testTimeout: 240_000 })

const unavailable = expect.objectContaining({ code: 'ERR_STORE_UNAVAILABLE' })

async function open(
  cluster: RedisCluster,
  options: Omit<RedisStoreOptions, 'cluster' | 'url'> = {},
): Promise<RedisStore> {
  const store = redisStore({ cluster, encryptionKey, ...options })
  onTestFinished(() => store.close())
  await eventually(() => store.sync())
  return store
}

/** A subject of each shard. */
const subjects = shardTags(16).map((_, shard) => {
  for (let number = 0; ; number += 1) {
    const subject = `subject ${number}`
    if (partOf(subjectTag(subject), 16) === shard) return subject
  }
})

/** A key of the subject's shard. */
function stateOf(subject: string): string {
  return `skewproof:{${shardTags(16)[partOf(subjectTag(subject), 16)]}}:state`
}

it('spreads subjects over the primaries, and sweeps over all of them', async () => {
  const cluster = await startRedisClusterForTest({ primaries: 3, replicasOfEach: 0 })
  const [store, other] = [await open(cluster), await open({ ...cluster, nodes: cluster.nodes.slice(2) })]
  const tokens = subjects.map((subject, index) => sampleToken({ subject, status: { list: 'list', index } }))
  for (const token of tokens) await store.addToken(token)
  for (const server of cluster.servers) expect(Number(await server.command('DBSIZE'))).toBeGreaterThan(15)
  for (const { jti } of tokens) expect((await other.findToken(jti))?.jti).toBe(jti)
  const feed = store.openFeed()
  await other.revokeOlderThan(3_600_000, 2_000_000_000)
  await store.sync()
  for (const change of feed.take()) expect(change).toMatchObject({ kind: 'everything' })
  const places: number[] = []
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const part: Awaited<ReturnType<RedisStore['listRevoked']>> = await store.listRevoked('list', cursor)
    places.push(...part.indices)
    cursor = part.cursor
  }
  expect(places).toEqual(tokens.map((_, index) => index))
  for (const { jti } of tokens) expect(await store.findToken(jti)).toBeUndefined()
  const later = sampleToken()
  await other.addToken(later)
  expect((await store.findToken(later.jti))?.jti).toBe(later.jti)
})

it('follows a slot that is moved while it is used, and loses nothing', async () => {
  const cluster = await startRedisClusterForTest({ primaries: 3, replicasOfEach: 0 })
  const [store, other] = [await open(cluster), await open(cluster)]
  const feed = other.openFeed()
  const family = sampleFamily()
  await store.addFamily(family)
  const kept = Array.from({ length: 200 }, () => sampleToken({ familyId: family.familyId }))
  for (const token of kept) await store.addToken(token)
  for (let round = 0; round < 3; round += 1) {
    const token = sampleToken()
    await eventually(() => store.addToken(token))
    const owner = await cluster.primaryOf(stateOf('alice'))
    const target = cluster.servers[(cluster.servers.indexOf(owner) + 1) % 3] ?? owner
    const moved = cluster.moveSlot(stateOf('alice'), target)
    // 503 for as long as it takes, but never that somebody is unknown.
    for (const { jti } of kept.slice(0, 20)) {
      expect((await eventually(() => other.findToken(jti)))?.jti).toBe(jti)
    }
    await moved
    expect((await eventually(() => store.revokeToken(token.jti))).revoked).toBe(true)
    const change = expect.objectContaining({ kind: 'token', jti: token.jti })
    await eventually(async () => expect(feed.take()).toContainEqual(change))
    expect(await other.findToken(token.jti)).toBeUndefined()
  }
  for (const { jti } of kept) expect((await store.findToken(jti))?.jti).toBe(jti)
  expect(await other.rotateFamily(rotation(family.familyId, 0))).toBe('rotated')
})

it('goes on with the shards that have a primary when one has none, and takes nothing for current', async () => {
  const cluster = await startRedisClusterForTest({ primaries: 3, replicasOfEach: 0 })
  const options = { maxStaleness: '1s', commandTimeout: '1s' } as const
  const [store, other] = [await open(cluster, options), await open(cluster, options)]
  const feed = store.openFeed()
  const tokens = subjects.map(subject => sampleToken({ subject }))
  for (const token of tokens) await store.addToken(token)
  const frozen = await cluster.primaryOf(stateOf('alice'))
  frozen.signal('SIGSTOP')
  await eventually(async () => expect(() => feed.take()).toThrow(unavailable))
  const found = await Promise.all(
    tokens.map(({ jti }) => store.findToken(jti).catch((error: unknown) => error)),
  )
  for (const [index, { jti, subject }] of tokens.entries()) {
    const isFrozen = (await ownerByPort(cluster, subject, frozen.port)) === frozen.port
    expect(found[index]).toEqual(isFrozen ? unavailable : expect.objectContaining({ jti }))
  }
  frozen.signal('SIGCONT')
  await eventually(async () => {
    await other.revokeSubject(subjects[0] ?? '')
    feed.take()
  })
})

/** By its own view, which the frozen one has no part in. */
async function ownerByPort(cluster: RedisCluster, subject: string, frozenPort: number): Promise<number> {
  const asked = cluster.servers.find(({ port }) => port !== frozenPort)
  try {
    await asked?.command('GET', stateOf(subject).replace('state', 'nothing'))
    return asked?.port ?? 0
  } catch (error) {
    return Number(/:(\d+)$/.exec(String(error))?.[1])
  }
}

it('keeps what was replicated through failovers, asked for or not, and believes no primary without replicas', async () => {
  const cluster = await startRedisClusterForTest({ primaries: 3, replicasOfEach: 1 })
  const options = { replicas: 1, maxStaleness: '2s', commandTimeout: '5s' } as const
  const [store, other] = [await open(cluster, options), await open(cluster, options)]
  const feed = other.openFeed()
  const revoke = async (): Promise<string> => {
    const token = sampleToken()
    await store.addToken(token)
    expect(await store.revokeToken(token.jti)).toEqual({ revoked: true, durability: 'replicated' })
    return token.jti
  }
  const kept = sampleToken()
  await store.addToken(kept)
  const first = await revoke()
  const primary = await cluster.primaryOf(stateOf('alice'))
  const replica = cluster.servers[cluster.servers.indexOf(primary) + 3]
  await replica?.command('CLUSTER', 'FAILOVER')
  await eventually(async () => expect(await cluster.primaryOf(stateOf('alice'))).toBe(replica))
  await eventually(() => store.sync())
  const second = await eventually(revoke)
  await replica?.kill()
  await eventually(async () => expect(() => feed.take()).toThrow(unavailable))
  await eventually(async () => expect(await cluster.primaryOf(stateOf('alice'))).toBe(primary), 60_000)
  // It took over, and nobody follows it.
  await expect(other.findToken(kept.jti)).rejects.toEqual(unavailable)
  await replica?.start()
  await eventually(async () => {
    await other.sync()
    feed.take()
  }, 60_000)
  for (const jti of [first, second, await eventually(revoke)]) {
    for (const one of [store, other]) expect(await eventually(() => one.findToken(jti))).toBeUndefined()
  }
  expect((await eventually(() => other.findToken(kept.jti)))?.jti).toBe(kept.jti)
})
