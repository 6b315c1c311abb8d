import { expect, it } from 'vitest'
import { startChronyd } from '../../../test/support/chronyd.ts'
import { startNtpd } from '../../../test/support/ntpd.ts'
import { eventually } from '../../../test/support/processes.ts'
import { systemHostClock as host } from '../src/clock/index.ts'
import { sntp } from '../src/sources/index.ts'

const signal = AbortSignal.timeout(600_000)

it('an ntpd serves a clock that is wrong', async () => {
  const server = await startChronyd({ localStratum: 1 })
  const { port } = await startNtpd({ servers: [{ port: server.port }], offsetMs: -2500 })
  const { timeMs, monotonicMs } = await eventually(() => sntp(`127.0.0.1:${port}`).measure({ host, signal }))
  const offsetMs = timeMs + (host.monotonicMs() - monotonicMs) - host.wallMs()
  expect(Math.abs(offsetMs + 2500)).toBeLessThan(1000)
})

it('an ntpd tells who asks too often to leave it alone', async () => {
  const { port } = await startNtpd({ restrict: ['default kod limited'] })
  const rate = await eventually(async () => {
    const deadline = AbortSignal.timeout(1000)
    const answer = sntp(`127.0.0.1:${port}`).measure({ host, signal: deadline })
    await expect(answer).rejects.toThrow('RATE')
    return answer.catch((error: unknown) => error)
  })
  expect(rate).toMatchObject({ reason: 'kiss-of-death', retryAfterMs: 64_000 })
})
