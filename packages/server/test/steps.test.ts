import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { SteppedClock } from '../../../test/support/faked-clock.ts'
import { startNode, temporaryDirectory } from './support/processes.ts'

const fixture = fileURLToPath(new URL('./fixtures/steps.mjs', import.meta.url))

it('keeps the time while its wall clock is set by +300 s and then by -90 s', async () => {
  const directory = temporaryDirectory()
  const wallClock = new SteppedClock(directory)
  const child = startNode([fixture], { cwd: directory, env: wallClock.environment })
  if (child.stdout === null) throw new Error('its output cannot be read')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async () => JSON.parse((await lines.next()).value ?? 'null')

  expect(await next()).toMatchObject({ status: 'synchronized' })
  for (const [offsetMs, stepMs] of [
    [300_000, 300_000],
    [210_000, -90_000],
  ] as const) {
    wallClock.set(offsetMs / 1000)
    const seen = await next()
    expect(Math.abs(seen.stepMs - stepMs)).toBeLessThan(1000)
    // It looks ten times a second; the machine may be busy.
    expect(seen.detectedAfterMs).toBeLessThan(10_000)

    // Until it has measured again it covers both readings; the estimate has not moved.
    expect(seen.disrupted.status).toBe('disrupted')
    expect(Math.abs(seen.disrupted.offByMs)).toBeLessThan(100)
    expect(seen.disrupted.errorMs).toBeGreaterThanOrEqual(Math.abs(seen.stepMs))

    const { status, offByMs, errorMs, wallOffsetMs } = seen.measured
    expect(status).toBe('synchronized')
    expect(Math.abs(offByMs)).toBeLessThanOrEqual(errorMs)
    expect(errorMs).toBeLessThan(100)
    expect(Math.abs(wallOffsetMs - offsetMs)).toBeLessThan(1000)
  }
})
