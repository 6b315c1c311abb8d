import { describe, expect, it, onTestFinished } from 'vitest'
import { type Chronyd, startChronyd, synchronized } from '../../../test/support/chronyd.ts'
import { end, eventually, freeUdpPort } from '../../../test/support/processes.ts'
import { type Passage, startUdpRelay } from '../../../test/support/udp-relay.ts'
import {
  createClock,
  type HostClock,
  SourceError,
  systemHostClock,
  type TimeSample,
} from '../src/clock/index.ts'
import { ChronyDaemon } from '../src/sources/chrony/daemon.ts'
import { sampleOf } from '../src/sources/chrony/judge.ts'
import { type ChronyReport, chrony, parseSource, readChrony } from '../src/sources/index.ts'
import { mistakeOf, readClock, readingErrorMs } from './true-time.ts'

const forAll = AbortSignal.timeout(600_000)

/** This machine, as it would be if its wall clock were off by so much and time had passed. Its own clock is true time. */
class ElsewhereHost implements HostClock {
  #offsetMs: number
  #passedMs = 0

  constructor(offsetMs: number) {
    this.#offsetMs = offsetMs
  }

  wallMs(): number {
    return Math.floor(systemHostClock.wallMs() + this.#offsetMs + this.#passedMs)
  }

  monotonicMs(): number {
    return systemHostClock.monotonicMs() + this.#passedMs
  }

  uptimeMs(): number {
    return systemHostClock.uptimeMs() + this.#passedMs
  }

  bootId(): string | undefined {
    return systemHostClock.bootId()
  }

  advance(ms: number): void {
    this.#passedMs += ms
  }

  step(ms: number): void {
    this.#offsetMs += ms
  }
}

/** A chronyd whose wall clock is off by so much, and which follows one that is right. */
async function startPair(offsetMs: number): Promise<{ client: Chronyd; server: Chronyd }> {
  const server = await startChronyd({ localStratum: 1 })
  const client = await startChronyd({ offsetMs, servers: [{ port: server.port }] })
  await synchronized(client)
  return { client, server }
}

interface Reading {
  readonly sample: TimeSample
  /** The bound without what is left to correct, which is in it for the time when chronyd works it off. */
  readonly boundNowMs: number
}

/** What `chrony()` measures, once chronyd's answers can be used and its bound is no larger than this. */
function measure(client: Chronyd, host: HostClock, maxBoundMs = 50): Promise<Reading> {
  const daemon = new ChronyDaemon({ port: client.commandPort })
  return eventually(async () => {
    const observation = await daemon.observe({ host, signal: forAll })
    const sample = sampleOf(observation)
    const boundNowMs = sample.errorMs - Math.abs(observation.tracking.correctionMs)
    if (boundNowMs > maxBoundMs) throw new Error(`its bound is ${boundNowMs} ms`)
    return { sample, boundNowMs }
  })
}

describe('the wall clock', () => {
  it.each([2500, -150_000, 50, -3])('that is off by %d ms is measured within the bound', async offsetMs => {
    const { client } = await startPair(offsetMs)
    const host = new ElsewhereHost(offsetMs)
    const { sample, boundNowMs } = await measure(client, host)
    expect(Math.abs(mistakeOf(sample))).toBeLessThan(boundNowMs + readingErrorMs)
    const source = chrony({ port: client.commandPort })
    // A chronyd run with -x does not work its correction off; that shows where it is large.
    const largestMs = Math.abs(offsetMs) < 500 ? Math.abs(offsetMs) + 50 : 50
    const reading = await eventually(async () => {
      const reading = await source.measure({ host, signal: forAll })
      expect(reading.errorMs).toBeLessThan(largestMs)
      return reading
    })
    expect(Math.abs(mistakeOf(reading))).toBeLessThan(reading.errorMs + readingErrorMs)
  })

  it.each([
    ['unequal', (factor: number, index: number) => (index * factor) % 23],
    ['quite asymmetric', (factor: number) => (factor === 7 ? 20 : 0)],
  ])('is within the bound in each of 110 readings, with %s delays to the server', async (_, delay) => {
    const server = await startChronyd({ localStratum: 1 })
    const delayed =
      (factor: number): Passage =>
      (bytes, index) => [{ bytes, delayMs: delay(factor, index) }]
    const relay = await startUdpRelay(server.port, { request: delayed(7), reply: delayed(5) })
    const client = await startChronyd({ offsetMs: 2500, servers: [{ port: relay }] })
    const host = new ElsewhereHost(2500)
    const excess: number[] = []
    for (let reading = 0; reading < 110; reading += 1) {
      const { sample, boundNowMs } = await measure(client, host, Number.POSITIVE_INFINITY)
      excess.push(Math.abs(mistakeOf(sample)) - boundNowMs)
      // So that chronyd gets updates in between.
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    expect(Math.max(...excess)).toBeLessThan(readingErrorMs)
  })

  it('may be minutes off: a clock is synchronized all the same', async () => {
    const { client } = await startPair(-150_000)
    const host = new ElsewhereHost(-150_000)
    await measure(client, host)
    const clock = await createClock({
      sources: [chrony({ port: client.commandPort })],
      host,
      firstMeasurement: '30s',
    })
    onTestFinished(() => clock.close())
    await eventually(async () => {
      const { status, errorMs, mistakeMs } = readClock(clock)
      expect(Math.abs(mistakeMs)).toBeLessThan(errorMs + readingErrorMs)
      expect(status).toBe('synchronized')
      expect(errorMs).toBeLessThan(50)
    })
    expect(clock.wallOffsetMs).toBeCloseTo(-150_000, -2)
  })

  it('may be set while chronyd is asked: it is refused', async () => {
    const { client } = await startPair(0)
    await measure(client, systemHostClock)
    for (const stepMs of [40, -40, 700, -150_000]) {
      let readings = 0
      const host: HostClock = {
        ...systemHostClock,
        wallMs: () => systemHostClock.wallMs() + (readings++ === 0 ? 0 : stepMs),
      }
      const measured = chrony({ port: client.commandPort }).measure({ host, signal: forAll })
      await expect(measured).rejects.toBeInstanceOf(SourceError)
    }
  })

  it('may be set behind chronyd’s back: it is believed again when it has measured since', async () => {
    const server = await startChronyd({ localStratum: 1 })
    let isCut = false
    const relay = await startUdpRelay(server.port, { request: bytes => (isCut ? [] : [{ bytes }]) })
    const client = await startChronyd({ servers: [{ port: relay }] })
    await synchronized(client)
    const host = new ElsewhereHost(0)
    const source = chrony({ port: client.commandPort })
    // At first chronyd is so unsure, also of how fast its clock runs, that the step lies within its bound.
    const daemon = new ChronyDaemon({ port: client.commandPort })
    await eventually(async () => {
      const { errorMs } = await source.measure({ host, signal: forAll })
      const { tracking } = await daemon.observe({ host, signal: forAll })
      expect(Math.max(errorMs, tracking.skewPpm / 20)).toBeLessThan(50)
    })

    isCut = true
    client.clock.set(700)
    host.step(700)
    await expect(source.measure({ host, signal: forAll })).rejects.toMatchObject({
      reason: 'unsynchronized',
      message: /was set/,
    })
    isCut = false
    const sample = await eventually(() => source.measure({ host, signal: forAll }))
    expect(Math.abs(mistakeOf(sample))).toBeLessThan(sample.errorMs + readingErrorMs)
  })

  it('may be that of this process alone: chronyd, which has another one, is not believed', async () => {
    const { client } = await startPair(0)
    await measure(client, systemHostClock)
    for (const offsetMs of [-150_000, 180_000, 4000]) {
      const host = new ElsewhereHost(offsetMs)
      const measured = chrony({ port: client.commandPort }).measure({ host, signal: forAll })
      await expect(measured).rejects.toMatchObject({
        reason: 'absurd',
        message: /not the clock that it keeps/,
      })
    }
  })
})

describe('chronyd is not believed', () => {
  const refusalOf = (client: Chronyd): Promise<TimeSample> =>
    chrony({ port: client.commandPort }).measure({ host: systemHostClock, signal: forAll })

  it('without sources, and without answers', async () => {
    const alone = await startChronyd()
    await expect(refusalOf(alone)).rejects.toMatchObject({ reason: 'unsynchronized' })
    const unheard = await startChronyd({ servers: [{ port: await freeUdpPort() }] })
    await expect(refusalOf(unheard)).rejects.toMatchObject({ reason: 'unsynchronized' })
  })

  it('when it serves its own clock', async () => {
    const server = await startChronyd({ localStratum: 1 })
    await expect(refusalOf(server)).rejects.toMatchObject({ reason: 'unsynchronized', message: /own clock/ })
  })

  it('after it has lost its server: the clock holds over, and gives up when its bound is too large', async () => {
    const { client, server } = await startPair(50)
    const host = new ElsewhereHost(50)
    await measure(client, host)
    const clock = await createClock({
      sources: [chrony({ port: client.commandPort })],
      host,
      // Time passes when the test says so.
      schedule: () => () => {},
      firstMeasurement: '1h',
    })
    onTestFinished(() => clock.close())
    const before = clock.now()
    expect(before.status).toBe('synchronized')

    await end(server.process)
    await eventually(async () => {
      const { sources } = await readChrony({ port: client.commandPort })
      expect(sources?.map(({ state }) => state)).toEqual(['unusable'])
    })
    const { tracking } = await readChrony({ port: client.commandPort })
    expect(tracking.leap).toBe('none')
    host.advance(240_000)
    await clock.measure()
    const holdover = readClock(clock)
    expect(clock.sources[0]?.errors).toEqual({ unsynchronized: 1 })
    expect(holdover.status).toBe('holdover')
    expect(holdover.errorMs).toBeGreaterThan(before.errorMs + 240_000 * 50e-6)
    expect(Math.abs(holdover.mistakeMs - 240_000)).toBeLessThan(holdover.errorMs)

    host.advance(30_000_000)
    await clock.measure()
    expect(clock.now()).toMatchObject({ status: 'unsynchronized', errorMs: Number.POSITIVE_INFINITY })
  })
})

describe('what is not chronyd', () => {
  it('changes nothing: replies that are forged, changed, cut, too long or old are ignored', async () => {
    const { client } = await startPair(0)
    await measure(client, systemHostClock)
    let first: Buffer | undefined
    const relay = await startUdpRelay(client.commandPort, {
      reply: bytes => {
        const old = first
        first ??= bytes
        const forged = Buffer.from(bytes)
        forged.writeUInt32BE(0x01020304, 16)
        const ofOtherCommand = Buffer.from(bytes)
        ofOtherCommand.writeUInt16BE(99, 4)
        const wrong = [forged, ofOtherCommand, bytes.subarray(0, 27), Buffer.alloc(0), Buffer.alloc(9000)]
        return [...wrong, ...(old === undefined ? [] : [old]), bytes].map(datagram => ({ bytes: datagram }))
      },
    })
    const reasons: string[] = []
    const onIgnored = ({ reason }: SourceError) => void reasons.push(reason)
    const source = chrony({ port: relay })
    const context = { host: systemHostClock, signal: forAll, onIgnored }
    for (let round = 0; round < 5; round += 1) {
      const sample = await source.measure(context)
      expect(Math.abs(mistakeOf(sample))).toBeLessThan(sample.errorMs + readingErrorMs)
    }
    const count = (wanted: string) => reasons.filter(reason => reason === wanted).length
    expect(count('malformed')).toBeGreaterThanOrEqual(5 * 3 * 3)
    expect(count('mismatched')).toBeGreaterThanOrEqual(5 * 3 * 3 - 1)
    expect(new Set(reasons)).toEqual(new Set(['malformed', 'mismatched']))
  })

  it('is waited for until the deadline at most', async () => {
    const { client } = await startPair(0)
    const relay = await startUdpRelay(client.commandPort, {
      reply: bytes => [{ bytes: bytes.subarray(0, 60) }],
    })
    const deadline = new AbortController()
    const late = new SourceError('timeout', 'late')
    const measured = chrony({ port: relay }).measure({
      host: systemHostClock,
      signal: deadline.signal,
      onIgnored: () => deadline.abort(late),
    })
    await expect(measured).rejects.toBe(late)
  })

  it('does not take its place at a port that is closed', async () => {
    const port = await freeUdpPort()
    const measured = chrony({ port }).measure({ host: systemHostClock, signal: forAll })
    await expect(measured).rejects.toMatchObject({
      reason: 'unreachable',
      message: `127.0.0.1:${port}: ECONNREFUSED`,
    })
  })
})

it('is asked over IPv6', async () => {
  const server = await startChronyd({ localStratum: 1 })
  const client = await startChronyd({ servers: [{ port: server.port }], lines: ['bindcmdaddress ::1'] })
  await synchronized(client)
  const source = parseSource(`chrony:[::1]:${client.commandPort}`)
  const sample = await eventually(() => source.measure({ host: systemHostClock, signal: forAll }))
  expect(Math.abs(mistakeOf(sample))).toBeLessThan(sample.errorMs + readingErrorMs)
})

describe('through chronyc', () => {
  it('is asked where it has its Unix socket only', async () => {
    const { port } = await startChronyd({ localStratum: 1 })
    const client = await startChronyd({ servers: [{ port }], lines: ['cmdport 0'] })
    await synchronized(client)
    const source = parseSource(`chrony:${client.commandSocket}`)
    const sample = await eventually(() => source.measure({ host: systemHostClock, signal: forAll }))
    expect(Math.abs(mistakeOf(sample))).toBeLessThan(sample.errorMs + readingErrorMs)
    await end(client.process)
    const measured = source.measure({ host: systemHostClock, signal: forAll })
    await expect(measured).rejects.toMatchObject({ reason: 'unreachable', message: /chronyc: / })
  })

  it('is asked when nobody listens at the standard port, and says so when that fails as well', async () => {
    const closed = await freeUdpPort()
    const daemon = new ChronyDaemon({ chronyc: '/nowhere/chronyc' }, closed)
    await expect(daemon.report({ host: systemHostClock, signal: forAll })).rejects.toMatchObject({
      reason: 'unreachable',
      message: `chronyd does not answer (127.0.0.1:${closed}: ECONNREFUSED; /nowhere/chronyc: ENOENT): is it running?`,
    })
  })

  it('says the same as over UDP', async () => {
    const server = await startChronyd({ localStratum: 1 })
    const gone = await freeUdpPort()
    const client = await startChronyd({
      offsetMs: -150_000,
      servers: [{ port: server.port }],
      lines: [`server ::1 port ${gone}`, 'refclock SHM 0 refid GPS0'],
    })
    await synchronized(client)
    await eventually(async () => {
      const udp = await readChrony({ port: client.commandPort })
      const chronyc = await readChrony({ socket: client.commandSocket })
      const fixed = ({ tracking, sources, activity }: ChronyReport) => ({
        tracking: [tracking.referenceId, tracking.address, tracking.stratum, tracking.leap],
        sources: sources?.map(({ address, mode, state, stratum }) => [address, mode, state, stratum]),
        counted: sources?.map(({ statistics }) => (statistics?.samples ?? -1) > 0),
        activity,
      })
      expect(fixed(chronyc)).toEqual(fixed(udp))
      expect(fixed(udp)).toMatchObject({
        tracking: ['7F000001', '127.0.0.1', 2, 'none'],
        sources: [
          ['GPS0', 'reference-clock', 'unusable', 0],
          ['127.0.0.1', 'server', 'selected', 1],
          ['::1', 'server', 'unusable', 0],
        ],
        activity: { online: 2 },
      })
      for (const { tracking } of [udp, chronyc]) expect(tracking.correctionMs).toBeCloseTo(150_000, -1)
    })
  })
})
