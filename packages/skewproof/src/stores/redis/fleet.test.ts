import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ShimmedClock } from '../../../../../test/support/clock-shim.ts'
import { RedisServer } from '../../../../../test/support/redis-server.ts'
import { aclOf } from '../../../test/redis/acl.ts'
import { describeFleetStore } from '../../testing/index.ts'
import { redisFleet } from './redis-fleet.ts'
import { type RedisStore, redisStore } from './redis-store.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const clock = new ShimmedClock(mkdtempSync(join(tmpdir(), 'skewproof-')))
let server: RedisServer
let offsetMs = 0
let stores = 0
const handles: RedisStore[] = []

function open(keyPrefix = `skewproof:${stores}`): RedisStore {
  const store = redisStore({ url: server.url, username: 'skewproof', password: 'PASSWORD', keyPrefix })
  handles.push(store)
  return store
}

function advance(ms: number): void {
  offsetMs += ms
  clock.set(offsetMs)
}

beforeAll(async () => {
  server = await RedisServer.start({ env: clock.environment })
  for (const page of ['redis.md', 'fleet.md'] as const) await server.command('ACL', 'SETUSER', ...aclOf(page))
})
beforeEach(() => {
  stores += 1
})
afterAll(async () => {
  for (const store of handles) await store.close()
  await server.end()
})

describeFleetStore('redis', { describe, it }, () => ({
  open: () => open().fleet,
  advance,
  dispose: () => {},
}))

describe('the fleet in Redis', () => {
  const word = (node: string) => ({ node, report: node, description: node })

  it('begins an epoch, without what was there, when Redis was started anew', async () => {
    const own = await RedisServer.start({ args: ['--appendonly', 'yes'] })
    const store = redisStore({ url: own.url })
    try {
      const before = await store.fleet.beat(word('a'))
      await own.kill()
      await own.start()
      const after = await vi.waitUntil(() => store.fleet.beat(word('b')).catch(() => undefined), 10_000)
      expect(after.reports).toEqual(['b'])
      expect(after.epoch).not.toBe(before.epoch)
    } finally {
      await store.close()
      await own.end()
    }
  })

  it('forgets the dead when the clock was set back', async () => {
    const { fleet } = open()
    advance(1e9)
    await fleet.beat(word('dead'))
    advance(-1e9)
    await fleet.beat(word('alive'))
    expect((await fleet.beat(word('alive'))).reports).toEqual(['alive'])
    expect((await fleet.readDescriptions()).nodes.map(({ node }) => node)).toEqual(['alive'])
  })

  it('is all that an agent may touch', async () => {
    const agent = redisFleet({ url: server.url, username: 'agent', password: 'PASSWORD' })
    await agent.beat(word('a'))
    expect((await agent.readDescriptions()).nodes.map(({ node }) => node)).toEqual(['a'])
    await agent.leave('a')
    agent.close()
    const other = redisFleet({
      url: server.url,
      username: 'agent',
      password: 'PASSWORD',
      keyPrefix: 'skewproof-2',
    })
    await expect(other.beat(word('a'))).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    other.close()
  })

  it('tells of hundreds of nodes what they said a moment ago', async () => {
    const { fleet } = open()
    const nodes = Array.from({ length: 250 }, (_, index) => `node-${index}`)
    await Promise.all(nodes.map(node => fleet.beat(word(node))))
    await vi.waitFor(async () => expect((await fleet.beat(word('node-0'))).reports).toHaveLength(250), 5000)
    await fleet.beat({ ...word('node-1'), report: 'new' })
    await vi.waitFor(async () => expect((await fleet.beat(word('node-0'))).reports).toContain('new'), 5000)
  })

  it('lies in one hash slot of its own', async () => {
    await open().fleet.beat(word('a'))
    const keys = (await server.command('KEYS', `skewproof:${stores}:*`)) as string[]
    expect(keys.filter(key => !key.includes(':{fleet}:') && !key.includes(':{0}:'))).toEqual([])
    expect(keys.filter(key => key.includes(':{fleet}:'))).toHaveLength(4)
  })

  it('refuses to believe answers that are none', async () => {
    const { fleet } = open()
    await fleet.beat(word('a'))
    await server.command('HSET', `skewproof:${stores}:{fleet}:reports`, 'huge', 'x'.repeat(1000))
    await server.command('HSET', `skewproof:${stores}:{fleet}:descriptions`, 'a', 'x'.repeat(10_000))
    const { reports } = await fleet.beat(word('b'))
    expect(reports.toSorted()).toEqual(['a', 'b'])
    const described = (await fleet.readDescriptions()).nodes
    expect(described.filter(({ description }) => description !== '').map(({ node }) => node)).toEqual(['b'])
  })

  it('forgets those whom it has not seen, and is not taken in by keys of another kind', async () => {
    const { fleet } = open()
    const key = (name: string) => `skewproof:${stores}:{fleet}:${name}`
    await fleet.beat(word('a'))
    for (let number = 0; number < 120; number += 1)
      await server.command('HSET', key('reports'), `made up ${number}`, `${number}`)
    await server.command('SET', key('snapshot'), 'x'.repeat(1_000_000))
    expect((await fleet.beat(word('a'))).reports).toHaveLength(121)
    await server.command('DEL', key('seen'))
    advance(121_000)
    await fleet.beat(word('a'))
    advance(121_000)
    await vi.waitFor(async () => expect((await fleet.beat(word('a'))).reports).toEqual(['a']), 5000)
    await server.command('DEL', key('reports'))
    await server.command('SET', key('reports'), '[[[[')
    await expect(fleet.beat(word('a'))).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    await server.command('DEL', key('reports'))
    expect((await fleet.beat(word('a'))).reports).toEqual(['a'])
  })
})
