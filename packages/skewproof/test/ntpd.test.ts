import { expect, it } from 'vitest'
import { startChronyd } from '../../../test/support/chronyd.ts'
import { startNtpd } from '../../../test/support/ntpd.ts'
import { eventually } from '../../../test/support/processes.ts'
import { type Passage, startUdpRelay } from '../../../test/support/udp-relay.ts'
import { parseSource } from '../src/sources/index.ts'
import { context, expectWithinBound, measure, patienceMs, sourceAt, startFollower } from './ntpd/follower.ts'
import { mistakeOf, readingErrorMs } from './true-time.ts'

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
