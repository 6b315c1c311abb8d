import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beatIntervalMs, readinessLimits } from 'skewproof/fleet'
import { chrony } from 'skewproof/sources'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Chronyd, startChronyd, synchronized } from '../../../test/support/chronyd.ts'
import { ShimmedClock } from '../../../test/support/clock-shim.ts'
import { shippedChecks, startHaproxy } from '../../../test/support/haproxy.ts'
import { freeUdpPort } from '../../../test/support/processes.ts'
import { RedisServer } from '../../../test/support/redis-server.ts'
import { type Heartbeat, recordHeartbeats } from './support/heartbeats.ts'
import { end, eventually, temporaryDirectory } from './support/processes.ts'
import { type Service, startService } from './support/service.ts'

vi.setConfig({ testTimeout: 300_000 })

/** Machines' wall clocks; the fourth has no time daemon at first. */
const offsetsMs: readonly number[] = [-150_000, 0, 300, 180_000, -40]
const wrong = 3

/** So many heartbeats after it first told the lie, a node says itself that it is not ready. */
const beatsToDrain = 3
/** Polls, which heartbeats are, are put off by up to an eighth. */
const jitter = 1.125

interface Machine {
  readonly name: string
  readonly service: Service
}

/** A service on a machine of its own: its wall clock is the machine's, its time source the machine's chronyd. */
async function startMachine(
  name: string,
  clock: ShimmedClock,
  commandPort: number,
  redis: RedisServer,
  first?: Service,
): Promise<Machine> {
  const directory = temporaryDirectory()
  if (first !== undefined) {
    mkdirSync(join(directory, '.skewproof'))
    for (const file of ['store.key', 'credentials.json'])
      cpSync(join(first.directory, '.skewproof', file), join(directory, '.skewproof', file))
  }
  const args = ['--redis', redis.url, '--node', name, '--source', `chrony:127.0.0.1:${commandPort}`]
  const service = await startService({
    directory,
    env: clock.environment,
    args: ['--issuer', 'https://auth.example.test', '--rate-limit', '0', ...args],
  })
  return { name, service }
}

async function fleetOf({ service }: Machine) {
  return (await service.request('GET', '/v1/fleet')).body
}

async function nodeOf(asked: Machine, { name }: Machine) {
  const { nodes } = await fleetOf(asked)
  return nodes.find((node: { host: string }) => node.host === name)
}

/** True time lies within what a machine's clock says, bound and round trip included; it says how large its bound is. */
async function expectRight({ service }: Machine): Promise<number> {
  const before = Date.now()
  const { sentAtMs, errorMs, status } = (await service.request('GET', '/clock')).body
  const after = Date.now()
  expect(status).toBe('synchronized')
  expect(sentAtMs + errorMs).toBeGreaterThanOrEqual(before)
  expect(sentAtMs - errorMs).toBeLessThanOrEqual(after + 1)
  return errorMs
}

/** @throws Error while it has not told the lie, or has not said since that it is not ready */
function beatsFromLieToDrain(heartbeats: readonly Heartbeat[], { name }: Machine): number {
  const own = heartbeats.filter(({ host }) => host === name)
  const firstLie = own.findIndex(({ storeOffsetMs = 40_000 }) => Math.abs(storeOffsetMs - 40_000) > 100_000)
  const beats = own.slice(firstLie).findIndex(({ isReady }) => !isReady)
  if (firstLie < 0 || beats < 0) throw new Error(`${name} has not been drained for its lie yet`)
  return beats
}

/** Sends requests, one after the other, until it is stopped. */
function sendRequests(url: string, token: string) {
  const headers = { authorization: `Bearer ${token}` }
  const answers: { readonly status: number; readonly by: string | null }[] = []
  let isStopped = false
  const sending = (async () => {
    while (!isStopped) {
      const response = await fetch(`${url}/forward-auth`, { headers }).catch(() => undefined)
      const by = response?.headers.get('x-served-by') ?? null
      if (!isStopped) answers.push({ status: response?.status ?? 0, by })
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  })()
  const stop = async () => {
    isStopped = true
    await sending
  }
  onTestFinished(stop)
  return { answers, stop }
}

it('a node that begins to lie is drained within 10 s, where nothing is late', () => {
  const { beatMs, pollMs } = { beatMs: beatIntervalMs(5, 1000), pollMs: chrony().maxPollMs ?? Infinity }
  // The daemon is asked; a heartbeat tells the lie; after two more the node is outvoted for long enough.
  const notReadyMs = jitter * (pollMs + beatsToDrain * beatMs)
  expect((beatsToDrain - 1) * beatMs).toBeGreaterThan(readinessLimits.drainAfterMs)
  expect(notReadyMs + (1 + shippedChecks.failures) * shippedChecks.intervalMs).toBeLessThan(10_000)
})

describe('five machines with wrong clocks over a Redis that is 40 s off', () => {
  it('know the time; one whose chronyd lies is outvoted, named, drained, and comes back', async () => {
    const redis = await RedisServer.start({ env: new ShimmedClock(temporaryDirectory(), 40_000).environment })
    onTestFinished(() => redis.end())
    const truth = await startChronyd({ localStratum: 2 })
    const wrongPort = await freeUdpPort()
    const startDaemonOf = (offsetMs: number, options = '', commandPort?: number): Promise<Chronyd> =>
      startChronyd({
        offsetMs,
        servers: [{ port: truth.port, options: `iburst minpoll -4 maxpoll -4 ${options}` }],
        ...(commandPort !== undefined && { commandPort }),
      })

    const daemons = await Promise.all(
      offsetsMs.map((offsetMs, index) => (index === wrong ? undefined : startDaemonOf(offsetMs))),
    )
    await Promise.all(daemons.map(daemon => daemon && synchronized(daemon)))
    const start = (index: number, first?: Service): Promise<Machine> => {
      const clock = daemons[index]?.clock ?? new ShimmedClock(temporaryDirectory(), offsetsMs[index])
      const port = daemons[index]?.commandPort ?? wrongPort
      return startMachine(`web-${index + 1}`, clock, port, redis, first)
    }
    const machines = [await start(0)]
    // One after the other: a busy machine needs its time for each.
    for (const index of [1, 2, 3, 4]) machines.push(await start(index, machines[0]?.service))
    const [right, patient] = [machines[0], machines[wrong]]
    if (right === undefined || patient === undefined) throw new Error('too few machines')

    // Without a time daemon, and 180 s ahead: its clock is right all the same, through the store.
    for (const machine of machines) await eventually(() => expectRight(machine))
    expect(await expectRight(patient)).toBeLessThan(1000)
    const fleet = await eventually(async () => {
      const seen = await fleetOf(patient)
      expect(seen.nodes.map((node: { standing: string }) => node.standing).toSorted()).toEqual([
        ...Array(4).fill('agreeing'),
        'without-utc',
      ])
      return seen
    })
    expect(fleet.view).toMatchObject({ kind: 'utc', outvoted: [], alarm: null })
    expect(Math.abs(fleet.view.storeOffsetMs - 40_000)).toBeLessThan(fleet.view.errorMs + 5)
    for (const [index, offsetMs] of offsetsMs.entries()) {
      const node = fleet.nodes.find((node: { host: string }) => node.host === `web-${index + 1}`)
      expect(Math.abs(node.offsetMs - offsetMs)).toBeLessThan(node.errorMs + 5)
    }
    expect(fleet.sentence).toMatch(/^The wall clock of web-4 is 3m 0s ahead of the fleet's time/)

    // Its tokens carry the right iat, and all verdicts are the same.
    const issuedAfter = Math.floor(Date.now() / 1000) - 1
    const { access_token: token } = (await patient.service.issue({ sub: 'alice', expires_in: 3600 })).body
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
    expect(claims.iat).toBeGreaterThanOrEqual(issuedAfter)
    expect(claims.iat).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000))
    expect(claims.iat_err).toBeGreaterThan(0)
    for (const { service } of machines) {
      expect((await service.forwardAuth(token)).status).toBe(200)
      expect((await service.introspect(token)).body.active).toBe(true)
    }

    const haproxy = await startHaproxy(
      machines.map(({ name, service }) => ({ name, port: Number(new URL(service.url).port) })),
    )
    const requests = sendRequests(haproxy.url, token)
    const stateOf = async ({ name }: Machine) => (await haproxy.states()).get(name)
    const heartbeats = await recordHeartbeats(redis)

    // Its chronyd comes back, with a lie: it says that the wall clock, 180 s ahead, is right.
    const liar = await startDaemonOf(180_000, 'offset 180', wrongPort)
    await synchronized(liar)
    const lieBeganAt = performance.now()
    // In rounds, which are as many on a machine that is busy.
    const beats = await eventually(async () => beatsFromLieToDrain(heartbeats, patient), 90_000)
    expect(beats).toBeGreaterThan(0)
    expect(beats).toBeLessThanOrEqual(beatsToDrain)
    await eventually(async () => expect(await stateOf(patient)).toMatch(/^DOWN/), 90_000)
    const drainedAfterMs = performance.now() - lieBeganAt
    const drained = requests.answers.length
    await eventually(async () =>
      expect(await nodeOf(right, patient)).toMatchObject({
        standing: 'outvoted',
        ready: false,
        reasons: [{ code: 'clock-outvoted' }],
      }),
    )
    // A node that was late for a moment is silent, and counts again.
    await eventually(async () => {
      const { view, sentence } = await fleetOf(right)
      expect(view).toMatchObject({ kind: 'utc', alarm: null })
      expect(view.agreeing).toHaveLength(4)
      expect(sentence).toMatch(
        /^web-4 is 3m 0s ahead of the fleet since \d\d:\d\d:\d\d UTC; its own time source chrony:\S+ says so, and 4 others disagree\. It takes no traffic\. Check chronyd on web-4: chronyc/,
      )
    })
    expect((await patient.service.request('GET', '/ready')).body).toMatchObject({
      status: 503,
      code: 'ERR_CLOCK_OUTVOTED',
    })
    // The lie is not believed, not even by the one who is lied to.
    await expectRight(patient)

    // It is put right.
    await end(liar.process)
    await startDaemonOf(180_000, '', wrongPort)
    const whileDrained = requests.answers.slice(drained)
    const healedAt = performance.now()
    await eventually(async () => expect(await stateOf(patient)).toBe('UP'), 90_000)
    const backAfterMs = performance.now() - healedAt
    await eventually(async () => expect((await nodeOf(right, patient)).standing).toBe('agreeing'))
    await eventually(async () => expect(requests.answers.at(-1)?.by).toBe('web-4'))
    await requests.stop()

    expect(whileDrained.map(({ by }) => by)).not.toContain('web-4')
    expect(requests.answers.filter(({ status }) => status !== 200)).toEqual([])
    console.log(
      `drained ${Math.round(drainedAfterMs)} ms after its chronyd lied, not ready ${beats} heartbeats after it told so; back ${Math.round(backAfterMs)} ms after it was put right; ${requests.answers.length} requests, none lost`,
    )
  })
})
