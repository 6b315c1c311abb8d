import { expect, it, vi } from 'vitest'
import { ShimmedClock } from '../../../../../test/support/clock-shim.ts'
import { eventually, temporaryDirectory } from '../../../../../test/support/processes.ts'
import type { RedisServer } from '../../../../../test/support/redis-server.ts'
import { openStore, startRedis } from '../../../test/redis/open.ts'
import { rotation, sampleFamily, sampleToken } from '../../testing/token-store/samples.ts'
import type { TokenRecord } from '../../tokens/store.ts'
import type { RedisStore } from './index.ts'

vi.setConfig({ testTimeout: 120_000 })

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** A Redis whose wall clock can be set while it runs. */
async function startSteppedRedis(): Promise<{ server: RedisServer; clock: ShimmedClock; store: RedisStore }> {
  const clock = new ShimmedClock(temporaryDirectory())
  const server = await startRedis({ env: clock.environment })
  const store = await openStore(server.url)
  return { server, clock, store }
}

/** Sets the clock of Redis, and waits until Redis has noticed. */
async function step(server: RedisServer, clock: ShimmedClock, offsetMs: number): Promise<void> {
  const wallMs = async () => Number(((await server.command('TIME')) as string[])[0]) * 1000
  const before = await wallMs()
  clock.set(offsetMs)
  await eventually(async () => expect(Math.abs((await wallMs()) - before)).toBeGreaterThan(minuteMs))
}

const ways: readonly [string, (store: RedisStore, token: TokenRecord) => Promise<unknown>][] = [
  ['alone', (store, { jti }) => store.revokeToken(jti)],
  ['with its subject', (store, { subject }) => store.revokeSubject(subject)],
  ['with its family', (store, { familyId }) => store.revokeFamily(familyId ?? '')],
  ['by its age', store => store.revokeOlderThan(0, 0)],
  ['by its iat', store => store.revokeOlderThan(hourMs, 2_000_000_000)],
]

it.each(ways)(
  'a token that was revoked %s stays dead, however the clock of Redis is set',
  async (_, revoke) => {
    const { server, clock, store } = await startSteppedRedis()
    const family = sampleFamily({ idleMs: 10 * minuteMs })
    const token = sampleToken({ familyId: family.familyId, lifetimeMs: hourMs })
    await store.addFamily(family)
    await store.addToken(token)
    const { readAtMs } = await store.readDocument('keys')
    await eventually(async () => {
      expect((await store.readDocument('keys')).readAtMs).toBeGreaterThan(readAtMs + 1)
    })
    await revoke(store, token)
    for (const offsetMs of [30 * minuteMs, -30 * minuteMs, 24 * hourMs, 0, -24 * hourMs, 30 * minuteMs]) {
      await step(server, clock, offsetMs)
      expect(await store.findToken(token.jti)).toBeUndefined()
      expect((await store.listTokens('alice')).tokens).toEqual([])
      // Another of the same subject, which looks at and removes what has expired.
      const another = sampleToken({ lifetimeMs: hourMs })
      await store.addToken(another)
      await store.revokeToken(another.jti)
    }
  },
)

it('a clock that is set back makes nobody younger by more than a second, and nothing live again', async () => {
  const { server, clock, store } = await startSteppedRedis()
  const token = sampleToken({ lifetimeMs: hourMs })
  await store.addToken(token)
  const before = await store.findToken(token.jti)
  await step(server, clock, -6 * hourMs)
  const after = await store.findToken(token.jti)
  expect(after?.remainingMs).toBeLessThanOrEqual((before?.remainingMs ?? 0) + 1000)

  const short = sampleToken({ lifetimeMs: 100, toleranceMs: 0 })
  const family = sampleFamily({ idleMs: 100 })
  await store.addFamily(family)
  await store.addToken(short)
  await eventually(async () => expect(await store.findToken(short.jti)).toBeUndefined())
  await eventually(async () => expect(await store.findFamily(family.familyId)).toBeUndefined())
  await store.sync()
  await step(server, clock, -12 * hourMs)
  expect(await store.rotateFamily(rotation(family.familyId, 0))).toBe('unknown')
  const { readAtMs } = await store.readDocument('keys')
  await eventually(async () => {
    expect((await store.readDocument('keys')).readAtMs).toBeGreaterThan(readAtMs)
  })
})

it('a clock that is set forward ages all by the step: what lived for longer lives on', async () => {
  const { server, clock, store } = await startSteppedRedis()
  const [short, long] = [sampleToken({ lifetimeMs: hourMs }), sampleToken({ lifetimeMs: 24 * hourMs })]
  for (const token of [short, long]) await store.addToken(token)
  await step(server, clock, 2 * hourMs)
  expect(await store.findToken(short.jti)).toBeUndefined()
  const { remainingMs = 0 } = (await store.findToken(long.jti)) ?? {}
  expect(remainingMs).toBeLessThanOrEqual(22 * hourMs)
  expect(remainingMs).toBeGreaterThan(21 * hourMs)
  // What is written now is written with the time.
  await store.addToken(sampleToken())
  await step(server, clock, 0)
  expect(await store.findToken(short.jti)).toBeUndefined()
  expect((await store.findToken(long.jti))?.remainingMs).toBeLessThanOrEqual(remainingMs + 1000)
})

it.each([-6 * hourMs, 6 * hourMs])(
  'a replica whose clock is off by %d ms brings nothing back when it takes over, and makes nobody younger',
  async offsetMs => {
    const primary = await startRedis()
    const { environment } = new ShimmedClock(temporaryDirectory(), offsetMs)
    const replica = await startRedis({
      env: environment,
      args: ['--replicaof', `127.0.0.1 ${primary.port}`, '--repl-diskless-sync-delay', '0'],
    })
    const store = await openStore(primary.url)
    await eventually(async () => {
      const [, , , state] = (await replica.command('ROLE')) as string[]
      expect(state).toBe('connected')
    })
    const revoked = ways.map((_, count) => sampleToken({ subject: `subject ${count}`, lifetimeMs: hourMs }))
    const kept = sampleToken({ subject: 'bob', lifetimeMs: 24 * hourMs })
    for (const token of revoked) await store.addToken(token)
    for (const { jti, subject } of revoked.slice(0, 2)) {
      await store.revokeToken(jti)
      await store.revokeSubject(subject)
    }
    await store.revokeOlderThan(hourMs, 2_000_000_000)
    await store.addToken(kept)
    const { remainingMs = 0 } = (await store.findToken(kept.jti)) ?? {}
    expect(await primary.command('WAIT', '1', '60000')).toBe(1)
    await primary.kill()
    await replica.command('REPLICAOF', 'NO', 'ONE')

    const next = await openStore(replica.url)
    for (const { jti } of revoked) expect(await next.findToken(jti)).toBeUndefined()
    const after = await next.findToken(kept.jti)
    expect(after?.remainingMs).toBeGreaterThan(17 * hourMs)
    expect(after?.remainingMs).toBeLessThanOrEqual(remainingMs + 1000)
  },
)

it('a clock that has always been off changes nothing', async () => {
  const clock = new ShimmedClock(temporaryDirectory(), 40_000)
  const server = await startRedis({ env: clock.environment })
  const store = await openStore(server.url)
  const token = sampleToken({ lifetimeMs: hourMs })
  await store.addToken(token)
  const { remainingMs = 0, errorMs = 0 } = (await store.findToken(token.jti)) ?? {}
  expect(remainingMs).toBeLessThanOrEqual(hourMs + errorMs)
  expect(remainingMs).toBeGreaterThan(hourMs - minuteMs)
})
