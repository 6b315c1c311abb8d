import { createSocket } from 'node:dgram'
import { once, setMaxListeners } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startChronyd } from '../../../test/support/chronyd.ts'
import { startNtpd } from '../../../test/support/ntpd.ts'
import { eventually } from '../../../test/support/processes.ts'
import { type Passage, startUdpRelay } from '../../../test/support/udp-relay.ts'
import { createClock, systemHostClock as host, type SourceError } from '../src/clock/index.ts'
import { sntp } from '../src/sources/index.ts'
import { mistakeOf, readClock, readingErrorMs } from './true-time.ts'

const signal = AbortSignal.timeout(600_000)
// Many measurements listen to it at once.
setMaxListeners(100, signal)

/** A server that answers as the test says; real ones cannot be made to send this. */
async function scriptedServer(answer: (request: Buffer) => readonly Buffer[]): Promise<number> {
  const server = createSocket('udp4')
  onTestFinished(() => void server.close())
  server.on('message', (request, { port }) => {
    for (const reply of answer(request)) server.send(reply, port, '127.0.0.1')
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}

describe('against a real chronyd', () => {
  it.each([2500, -150_000, 50, -3])('measures %d ms within its bound', async offsetMs => {
    const { port } = await startChronyd({ localStratum: 1, offsetMs })
    const source = sntp(`127.0.0.1:${port}`, { samples: 4 })
    await eventually(async () => {
      const sample = await source.measure({ host, signal })
      expect(Math.abs(mistakeOf(sample) - offsetMs)).toBeLessThan(sample.errorMs + readingErrorMs)
      expect(sample.errorMs).toBeLessThan(50)
    })
  })

  it('is within its bound in each of 200 readings with unequal delays', async () => {
    const { port } = await startChronyd({ localStratum: 1, offsetMs: 2500 })
    const delayed =
      (factor: number): Passage =>
      (bytes, index) => [{ bytes, delayMs: (index * factor) % 23 }]
    const relay = await startUdpRelay(port, { request: delayed(7), reply: delayed(5) })
    const source = sntp(`127.0.0.1:${relay}`)
    const excess: number[] = []
    for (let batch = 0; batch < 10; batch += 1) {
      const samples = await Promise.all(Array.from({ length: 20 }, () => source.measure({ host, signal })))
      excess.push(...samples.map(sample => Math.abs(mistakeOf(sample) - 2500) - sample.errorMs))
    }
    expect(excess).toHaveLength(200)
    expect(Math.max(...excess)).toBeLessThan(readingErrorMs)
  })

  it('never believes one that is not synchronised', async () => {
    const { port } = await startChronyd()
    const measured = sntp(`127.0.0.1:${port}`).measure({ host, signal })
    await expect(measured).rejects.toMatchObject({ reason: 'unsynchronized' })
  })

  it('finds the true answer among forged, repeated, changed and cut ones', async () => {
    const { port } = await startChronyd({ localStratum: 1, offsetMs: 2500 })
    let first: Buffer | undefined
    const relay = await startUdpRelay(port, {
      reply: bytes => {
        first ??= bytes
        const changed = Buffer.from(bytes)
        changed[27] = (changed[27] ?? 0) ^ 1
        const wrong = [changed, bytes.subarray(0, 47), Buffer.alloc(0), Buffer.alloc(9000), Buffer.alloc(48)]
        const replay = first === bytes ? [] : [first]
        return [...[...wrong, ...replay].map(wrongBytes => ({ bytes: wrongBytes })), { bytes, delayMs: 5 }]
      },
    })
    const reasons: string[] = []
    const onIgnored = ({ reason }: SourceError) => void reasons.push(reason)
    const source = sntp(`127.0.0.1:${relay}`)
    for (let round = 0; round < 2; round += 1) {
      const sample = await source.measure({ host, signal, onIgnored })
      expect(Math.abs(mistakeOf(sample) - 2500)).toBeLessThan(sample.errorMs + readingErrorMs)
    }
    expect(reasons.toSorted()).toEqual([...Array(6).fill('malformed'), ...Array(5).fill('mismatched')])
  })

  it('names the one falseticker of four servers', async () => {
    const servers = await Promise.all(
      [0, 0, 180_000, 0].map(offsetMs => startChronyd({ localStratum: 1, offsetMs })),
    )
    const sources = servers.map(({ port }) => sntp(`127.0.0.1:${port}`))
    const clock = await createClock({ sources, firstMeasurement: '30s', driftPpm: 1000 })
    onTestFinished(() => clock.close())
    const { status, errorMs, mistakeMs } = readClock(clock)
    expect(status).toBe('synchronized')
    expect(Math.abs(mistakeMs)).toBeLessThan(errorMs + readingErrorMs)
    expect(clock.sources.map(source => source.status)).toEqual([
      'selected',
      'selected',
      'falseticker',
      'selected',
    ])
    expect(Math.abs((clock.sources[2]?.offsetMs ?? 0) - 180_000)).toBeLessThan(10_000)
  })

  it('does not guess between two and two', async () => {
    const offsets = [0, 180_000, 0, 180_000]
    const servers = await Promise.all(offsets.map(offsetMs => startChronyd({ localStratum: 1, offsetMs })))
    const sources = servers.map(({ port }) => sntp(`127.0.0.1:${port}`))
    const clock = await createClock({ sources, firstMeasurement: '30s' })
    onTestFinished(() => clock.close())
    expect(clock.now()).toMatchObject({ status: 'unsynchronized', errorMs: Number.POSITIVE_INFINITY })
    expect(clock.sources.map(source => source.status)).toEqual(Array(4).fill('undecidable'))
  })
})

describe('against a real ntpd', () => {
  it('measures a clock that is 2.5 s ahead within its bound', async () => {
    const server = await startChronyd({ localStratum: 1 })
    const { port } = await startNtpd({ offsetMs: 2500, servers: [{ port: server.port }] })
    const source = sntp(`127.0.0.1:${port}`)
    const sample = await eventually(() => source.measure({ host, signal }))
    expect(Math.abs(mistakeOf(sample) - 2500)).toBeLessThan(sample.errorMs + readingErrorMs)
  })

  it('never believes one that is not synchronised', async () => {
    const { port } = await startNtpd()
    const measured = sntp(`127.0.0.1:${port}`).measure({ host, signal })
    await expect(measured).rejects.toMatchObject({ reason: 'unsynchronized' })
  })
})

it("heeds a kiss-o'-death, but not one that a forger sends", async () => {
  const kiss = (request: Buffer, code: string) => {
    const packet = Buffer.alloc(48)
    packet[0] = 0xe4
    packet[2] = 6
    packet.write(code, 12, 'latin1')
    request.copy(packet, 24, 40, 48)
    return packet
  }
  const port = await scriptedServer(request => [kiss(Buffer.alloc(48), 'DENY'), kiss(request, 'RATE')])
  const ignored: SourceError[] = []
  const measured = sntp(`127.0.0.1:${port}`).measure({
    host,
    signal,
    onIgnored: error => void ignored.push(error),
  })
  await expect(measured).rejects.toMatchObject({ reason: 'kiss-of-death', retryAfterMs: 64_000 })
  expect(ignored.map(({ reason }) => reason)).toEqual(['mismatched'])
})

it('keeps the best of several samples, also when the last is lost', async () => {
  const { port } = await startChronyd({ localStratum: 1 })
  const relay = await startUdpRelay(port, {
    request: (bytes, index) => (index === 3 ? [] : [{ bytes, delayMs: index === 1 ? 0 : 400 }]),
  })
  const { errorMs } = await sntp(`127.0.0.1:${relay}`, { samples: 4 }).measure({ host, signal })
  expect(errorMs).toBeLessThan(200)
})

it('asks over IPv6, and says when nobody answers', async () => {
  const { port } = await startChronyd({ localStratum: 1, lines: ['bindaddress ::1', 'allow ::1'] })
  const sample = await sntp(`[::1]:${port}`).measure({ host, signal })
  expect(Math.abs(mistakeOf(sample))).toBeLessThan(sample.errorMs + readingErrorMs)
  const nobody = await scriptedServer(() => [])
  const deadline = new AbortController()
  const measured = sntp(`127.0.0.1:${nobody}`).measure({ host, signal: deadline.signal })
  const late = new Error('late')
  deadline.abort(late)
  await expect(measured).rejects.toBe(late)
})
