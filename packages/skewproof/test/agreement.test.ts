import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { startChronyd } from '../../../test/support/chronyd.ts'
import { fakedClock } from '../../../test/support/faked-clock.ts'
import { end } from '../../../test/support/processes.ts'
import { startUdpRelay } from '../../../test/support/udp-relay.ts'

interface Reading {
  readonly beforeMs: number
  readonly afterMs: number
  readonly timeMs: number
  readonly errorMs: number
  readonly status: string
  readonly wallMs: number
}

const program = fileURLToPath(new URL('clock-process.mjs', import.meta.url))

/** A process with a wrong wall clock, which measures time for itself. */
function startClock(sources: readonly string[], offsetSeconds: number) {
  const child = spawn(process.execPath, [program, ...sources], {
    env: { ...process.env, ...fakedClock(offsetSeconds) },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => end(child))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return async (): Promise<Reading> => {
    child.stdin.write('\n')
    const { value } = await lines.next()
    return JSON.parse(value)
  }
}

it('lets two processes disagree by no more than the sum of their bounds, whatever their wall clocks and sources say', async () => {
  // Behind paths that are slow one way, each the other: the estimates are as far apart as the bounds allow.
  const [early, late] = await Promise.all([0, 0].map(() => startChronyd({ localStratum: 1 })))
  const there = await startUdpRelay(early?.port ?? 0, { request: bytes => [{ bytes, delayMs: 30 }] })
  const back = await startUdpRelay(late?.port ?? 0, { reply: bytes => [{ bytes, delayMs: 30 }] })
  const one = startClock([`sntp:127.0.0.1:${there}`], -150)
  const other = startClock([`sntp:127.0.0.1:${back}`], 180)
  for (let round = 0; round < 50; round += 1) {
    const [a, b] = await Promise.all([one(), other()])
    expect([a.status, b.status]).toEqual(['synchronized', 'synchronized'])
    expect(b.wallMs - a.wallMs).toBeGreaterThan(300_000)
    // What the one said, moved to the instant of the other; the readings took some time themselves.
    const apartMs = b.timeMs - b.beforeMs - (a.timeMs - a.beforeMs)
    const tookMs = a.afterMs - a.beforeMs + (b.afterMs - b.beforeMs)
    expect(Math.abs(apartMs)).toBeLessThanOrEqual(a.errorMs + b.errorMs + tookMs)
  }
})
