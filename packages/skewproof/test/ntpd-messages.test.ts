import { describe, expect, it } from 'vitest'
import { startNtpd } from '../../../test/support/ntpd.ts'
import { eventually, freeUdpPort } from '../../../test/support/processes.ts'
import { startUdpRelay } from '../../../test/support/udp-relay.ts'
import { SourceError } from '../src/clock/index.ts'
import { sntp } from '../src/sources/index.ts'
import { context, expectWithinBound, host, measure, sourceAt, startFollower } from './ntpd/follower.ts'

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
