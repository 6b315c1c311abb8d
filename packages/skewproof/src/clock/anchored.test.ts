import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnchoredClock } from './anchored.ts'
import { ManualHostClock } from './manual.ts'

const startMs = 1_800_000_000_000

function setUp(wallOffsetMs = 0): { host: ManualHostClock; clock: AnchoredClock; trueMs: () => number } {
  const host = new ManualHostClock(startMs + wallOffsetMs)
  const clock = new AnchoredClock({ host, checkEveryMs: 0 })
  return { host, clock, trueMs: () => startMs + host.uptimeMs() }
}

describe('without a measurement', () => {
  it('is the wall clock, of which nothing is known', () => {
    const { host, clock } = setUp(180_000)
    expect(clock.now()).toEqual({ timeMs: startMs + 180_000, errorMs: Infinity, status: 'unsynchronized' })
    expect(clock.wallOffsetMs).toBeUndefined()
    host.step(-5000)
    expect(clock.now().timeMs).toBe(startMs + 175_000)
  })

  it('reports steps all the same', () => {
    const { host, clock } = setUp()
    const steps: number[] = []
    clock.on('step', ({ stepMs }) => steps.push(stepMs))
    host.step(-90_000)
    clock.check()
    expect(steps).toEqual([-90_000])
  })
})

describe('from a measurement', () => {
  it('runs on the monotonic clock, and its bound grows with the drift', () => {
    const { host, clock } = setUp(180_000)
    clock.adopt({ monotonicMs: host.monotonicMs(), timeMs: startMs, errorMs: 5 })
    host.advance(100_000)
    expect(clock.now()).toEqual({ timeMs: startMs + 100_000, errorMs: 25, status: 'synchronized' })
    expect(clock.wallOffsetMs).toBe(180_000)
  })

  it.each([300_000, -90_000])('does not move when the wall clock is stepped by %d ms', stepMs => {
    const { host, clock } = setUp()
    clock.adopt({ monotonicMs: host.monotonicMs(), timeMs: startMs, errorMs: 5 })
    const steps: number[] = []
    clock.on('step', event => steps.push(event.stepMs))
    host.advance(1000)
    host.step(stepMs)
    const reading = clock.now()
    expect(reading.timeMs).toBe(startMs + 1000)
    expect(reading.status).toBe('disrupted')
    expect(reading.errorMs).toBeGreaterThanOrEqual(Math.abs(stepMs))
    expect(clock.wallOffsetMs).toBe(stepMs)
    expect(steps).toEqual([stepMs])
  })

  it('knows at the first reading after a suspend that time has passed', () => {
    const { host, clock, trueMs } = setUp()
    clock.adopt({ monotonicMs: host.monotonicMs(), timeMs: startMs, errorMs: 5 })
    const slept: number[] = []
    clock.on('suspend', event => slept.push(event.suspendedMs))
    host.suspend(3_600_000)
    const reading = clock.now()
    expect(Math.abs(reading.timeMs - trueMs())).toBeLessThanOrEqual(reading.errorMs)
    expect(reading.status).toBe('disrupted')
    expect(slept).toEqual([3_600_000])
  })

  it('is whole again after the next measurement', () => {
    const { host, clock } = setUp()
    clock.adopt({ monotonicMs: host.monotonicMs(), timeMs: startMs, errorMs: 5 })
    host.step(60_000)
    clock.adopt({ monotonicMs: host.monotonicMs(), timeMs: startMs, errorMs: 2, driftPpm: 50 })
    expect(clock.now()).toEqual({ timeMs: startMs, errorMs: 2, status: 'synchronized' })
  })

  it('holds true time within its bound through steps, suspends and an oscillator within its drift', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('step' as const), ms: fc.integer({ min: -1e7, max: 1e7 }) }),
      // No machine sleeps for less; below that the readings' own noise hides it.
      fc.record({ kind: fc.constant('suspend' as const), ms: fc.integer({ min: 200, max: 1e8 }) }),
      fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 1e7 }) }),
    )
    const drift = fc.double({ min: -200, max: 200, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 30 }),
        drift,
        fc.integer({ min: -3, max: 3 }),
        (events, ppm, offBy) => {
          const host = new ManualHostClock(startMs)
          const clock = new AnchoredClock({ host, checkEveryMs: 0 })
          clock.adopt({ monotonicMs: 0, timeMs: startMs + offBy, errorMs: 3 })
          let trueMs = startMs
          for (const { kind, ms } of events) {
            if (kind === 'step') host.step(ms)
            if (kind === 'suspend') host.suspend(ms)
            // The host's clocks count `ms` while true time passes by a little more or less.
            if (kind === 'advance') host.advance(ms)
            if (kind !== 'step') trueMs += kind === 'advance' ? ms * (1 + ppm * 1e-6) : ms
            clock.check()
            const reading = clock.now()
            expect(Math.abs(reading.timeMs - trueMs)).toBeLessThanOrEqual(reading.errorMs + 1e-3)
          }
        },
      ),
    )
  })
})
