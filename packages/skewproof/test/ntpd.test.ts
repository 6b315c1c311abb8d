import { describe, expect, it } from 'vitest'
import { startChronyd } from '../../../test/support/chronyd.ts'
import { type Ntpd, startNtpd } from '../../../test/support/ntpd.ts'
import { end, eventually, freeUdpPort } from '../../../test/support/processes.ts'
import { type Passage, startUdpRelay } from '../../../test/support/udp-relay.ts'
import { type HostClock, SourceError, systemHostClock, type TimeSample } from '../src/clock/index.ts'
import { ntpd, parseSource, sntp } from '../src/sources/index.ts'
import { mistakeOf, readingErrorMs } from './true-time.ts'

const forAll = AbortSignal.timeout(600_000)

/** For what takes ntpd several polls. */
const patienceMs = 120_000

/** This machine, in a process that does not know its wall clock. */
const host: HostClock = {
  ...systemHostClock,
  wallMs: () => {
    throw new Error('the wall clock was looked at')
  },
}
const context = { host, signal: forAll }

function expectWithinBound(sample: TimeSample): void {
  expect(Math.abs(mistakeOf(sample))).toBeLessThan(sample.errorMs + readingErrorMs)
}

/** An ntpd whose clock is off by so much, and which follows a server that is right. */
async function startFollower(
  offsetMs = 0,
): Promise<Ntpd & { readonly server: Awaited<ReturnType<typeof startChronyd>> }> {
  const server = await startChronyd({ localStratum: 1 })
  return { ...(await startNtpd({ offsetMs, servers: [{ port: server.port }] })), server }
}

function sourceAt(port: number) {
  return ntpd(`127.0.0.1:${port}`)
}

/** Waits until it is measured. */
function measure({ port }: { port: number }): Promise<TimeSample> {
  return eventually(() => sourceAt(port).measure(context))
}

it('clocks that are off by minutes or by milliseconds are measured within the bound', async () => {
  const measured = [2500, -150_000, 50, -3].map(async offsetMs => {
    const { port } = await startFollower(offsetMs)
    const source = parseSource(`ntpd:127.0.0.1:${port}`)
    await eventually(async () => {
      const sample = await source.measure(context)
      expectWithinBound(sample)
      // ntpd cannot set it here, but nobody can know that: half of the bound, and more, is for its being right by now.
      const distanceMs = sample.errorMs - Math.abs(offsetMs) / 2
      expect(Math.abs(mistakeOf(sample) - offsetMs / 2)).toBeLessThan(2 * distanceMs + readingErrorMs)
      // Its first answers count for little.
      expect(distanceMs).toBeLessThan(500)
    })
  })
  await Promise.all(measured)
})

it('is within the bound in each of 100 readings, with unequal delays to the server and to ntpd', async () => {
  const server = await startChronyd({ localStratum: 1 })
  const delayed =
    (factor: number): Passage =>
    (bytes, index) => [{ bytes, delayMs: (index * factor) % 23 }]
  const toServer = await startUdpRelay(server.port, { request: delayed(7), reply: delayed(5) })
  const follower = await startNtpd({ servers: [{ port: toServer }] })
  const toNtpd = await startUdpRelay(follower.port, { request: delayed(5), reply: delayed(7) })
  await measure(follower)
  const source = sourceAt(toNtpd)
  for (let reading = 0; reading < 100; reading += 1) expectWithinBound(await source.measure(context))
})

it('a clock that somebody sets is refused or within the bound, in each reading', async () => {
  const { port, clock } = await startFollower()
  const source = sourceAt(port)
  await eventually(() => source.measure(context))
  for (const offsetMs of [150_000, -2000]) {
    clock.set(offsetMs)
    const reason = expect.stringMatching(/^(unsynchronized|absurd)$/)
    await expect(source.measure(context)).rejects.toMatchObject({ reason })
    expectWithinBound(await eventually(() => source.measure(context), patienceMs))
  }
}, 180_000)

describe('ntpd is not believed', () => {
  it('without servers, without answers, and with control of the clock switched off', async () => {
    const server = await startChronyd({ localStratum: 1 })
    const [alone, unheard, disabled, orphan] = await Promise.all([
      startNtpd(),
      startNtpd({ servers: [{ port: await freeUdpPort() }] }),
      startNtpd({ servers: [{ port: server.port }], offsetMs: 2500, lines: ['disable ntp'] }),
      startNtpd({ lines: ['tos orphan 5 orphanwait 1'] }),
    ])
    const refusal = (daemon: Ntpd) => sourceAt(daemon.port).measure(context)
    const refused = (message: RegExp) =>
      expect.objectContaining({ reason: 'unsynchronized', message: expect.stringMatching(message) })
    await expect(refusal(alone)).rejects.toEqual(refused(/follows none/))
    await expect(refusal(unheard)).rejects.toEqual(refused(/follows none/))
    // It says that it is off by nothing, while its server says 2500 ms.
    await eventually(() => expect(refusal(disabled)).rejects.toEqual(refused(/not synchronised/)))
    // It serves time to others, but has none.
    await eventually(() =>
      expect(sntp(`127.0.0.1:${orphan.port}`).measure(context)).rejects.toThrow(/corrected/),
    )
    await expect(refusal(orphan)).rejects.toEqual(refused(/follows none/))
  })

  it('after it has lost its server', async () => {
    const { port, server } = await startFollower()
    const source = sourceAt(port)
    await eventually(() => source.measure(context))
    await end(server.process)
    // It goes on for eight polls.
    await eventually(
      () => expect(source.measure(context)).rejects.toMatchObject({ reason: 'unsynchronized' }),
      patienceMs,
    )
  }, 180_000)
})

describe('what is not ntpd', () => {
  it('changes nothing: messages that are forged, changed, cut, too long or old are ignored', async () => {
    const { port } = await startFollower()
    await measure({ port })
    let old: Buffer | undefined
    const relay = await startUdpRelay(port, {
      reply: bytes => {
        const before = old
        old = bytes
        const forged = Buffer.from(bytes)
        forged.writeUInt16BE(bytes.readUInt16BE(2) ^ 1, 2)
        const ofOther = Buffer.from(bytes)
        ofOther.writeUInt16BE(bytes.readUInt16BE(6) ^ 1, 6)
        const request = Buffer.from(bytes)
        request[1] = 2
        const wrong = [
          forged,
          ofOther,
          request,
          bytes.subarray(0, 11),
          Buffer.alloc(0),
          Buffer.alloc(9000, 0x16),
        ]
        return [...wrong, ...(before === undefined ? [] : [before]), bytes].map(datagram => ({
          bytes: datagram,
        }))
      },
    })
    const reasons: string[] = []
    const onIgnored = ({ reason }: SourceError) => void reasons.push(reason)
    const source = sourceAt(relay)
    for (let round = 0; round < 5; round += 1) {
      expectWithinBound(await source.measure({ ...context, onIgnored }))
    }
    expect(reasons.length).toBeGreaterThanOrEqual(5 * 3 * 6)
    expect(new Set(reasons)).toEqual(new Set(['malformed', 'mismatched']))
  })

  it('may repeat and reorder the fragments of an answer', async () => {
    const { port } = await startFollower()
    await measure({ port })
    const cut = (bytes: Buffer, from: number, to: number, hasMore: boolean) => {
      const part = Buffer.concat([bytes.subarray(0, 12), bytes.subarray(12 + from, 12 + to)])
      part[1] = (part[1] ?? 0) | (hasMore ? 0x20 : 0)
      part.writeUInt16BE(from, 8)
      part.writeUInt16BE(to - from, 10)
      return part
    }
    const relay = await startUdpRelay(port, {
      reply: bytes => {
        const count = bytes.readUInt16BE(10)
        const middle = Math.floor(count / 2)
        const [first, second] = [cut(bytes, 0, middle, true), cut(bytes, middle, count, false)]
        return [second, second, first].map((part, index) => ({ bytes: part, delayMs: index }))
      },
    })
    const source = sourceAt(relay)
    expectWithinBound(await eventually(() => source.measure(context)))
  })

  it('is waited for until the deadline at most', async () => {
    // As the configurations of distributions have it for other hosts.
    const { port } = await startNtpd({ restrict: ['default noquery'] })
    const deadline = new AbortController()
    const late = new SourceError('timeout', 'late')
    const measured = sourceAt(port).measure({ host, signal: deadline.signal })
    setTimeout(() => deadline.abort(late), 300)
    await expect(measured).rejects.toBe(late)
    const closed = sourceAt(await freeUdpPort()).measure(context)
    await expect(closed).rejects.toMatchObject({ reason: 'unreachable', message: /ECONNREFUSED/ })
  })
})

it('an ntpd tells who asks too often to leave it alone', async () => {
  const { port } = await startNtpd({ restrict: ['default kod limited'] })
  const rate = await eventually(async () => {
    const signal = AbortSignal.timeout(1000)
    const answer = sntp(`127.0.0.1:${port}`).measure({ host, signal })
    await expect(answer).rejects.toThrow('RATE')
    return answer.catch((error: unknown) => error)
  })
  expect(rate).toMatchObject({ reason: 'kiss-of-death', retryAfterMs: 64_000 })
})
