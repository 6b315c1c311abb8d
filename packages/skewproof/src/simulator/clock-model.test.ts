import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ClockModel, clockSegments, SimulatedHost } from './clock-model.ts'
import { Random } from './random.ts'

const startMs = 1_800_000_000_000

/** A machine's clocks minus what they would be if they were right, at some seconds from the beginning. */
function offsetsAt(model: ClockModel, seconds: readonly number[]): readonly object[] {
  let nowMs = startMs
  const segments = clockSegments(model, 1_000_000, new Random(1))
  const host = new SimulatedHost(segments, startMs, () => nowMs)
  return seconds.map(second => {
    nowMs = startMs + second * 1000
    return {
      wall: round(host.wallMs() - nowMs),
      monotonic: round(host.monotonicMs() - second * 1000),
      uptime: round(host.uptimeMs() - second * 1000),
    }
  })
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000 + 0
}

const all = (ms: number) => ({ wall: ms, monotonic: ms, uptime: ms })
const right = all(0)

describe('the clocks of a machine', () => {
  it('are right by default', () => {
    expect(offsetsAt({}, [0, 1000])).toEqual([right, right])
  })

  it('drift together: they have one oscillator', () => {
    expect(offsetsAt({ offsetSeconds: -2, driftPpm: 200 }, [0, 100])).toEqual([
      { ...right, wall: -2000 },
      { wall: -1980, monotonic: 20, uptime: 20 },
    ])
  })

  it('are stepped one by one: only the wall clock can be set', () => {
    const steps = [
      { atSeconds: 10, bySeconds: 300 },
      { atSeconds: 20, bySeconds: -90 },
    ]
    expect(offsetsAt({ steps }, [9.999, 10, 20])).toEqual([
      right,
      { ...right, wall: 300_000 },
      { ...right, wall: 210_000 },
    ])
  })

  it('stand still together in a guest that is paused', () => {
    const suspends = [{ atSeconds: 10, forSeconds: 3600 }]
    expect(offsetsAt({ suspends }, [3610])).toEqual([all(-3_600_000)])
  })

  it('but for the wall clock and the uptime in a laptop that is closed', () => {
    const suspends = [{ atSeconds: 10, forSeconds: 3600, wallLosesSeconds: 0 }]
    expect(offsetsAt({ suspends }, [3610])).toEqual([{ ...right, monotonic: -3_600_000 }])
  })

  it('are smeared, also from before the beginning', () => {
    const smear = { fromSeconds: -100, forSeconds: 200, bySeconds: -1 }
    expect(offsetsAt({ smear }, [0, 50, 100, 150])).toEqual([
      { ...right, wall: -500 },
      { ...right, wall: -750 },
      { ...right, wall: -1000 },
      { ...right, wall: -1000 },
    ])
    expect(offsetsAt({ smear: { ...smear, fromSeconds: -1000 } }, [5])).toEqual([{ ...right, wall: -1000 }])
  })

  it('wander within what a random walk explains', () => {
    const [{ wall } = { wall: 0 }] = offsetsAt({ wanderPpm: 10 }, [7200]) as { wall: number }[]
    expect(Math.abs(wall)).toBeGreaterThan(0)
    // Six deviations of the drift, for two hours.
    expect(Math.abs(wall)).toBeLessThan(6 * 10 * 1.5 * 7.2)
  })

  it('are one line whatever the instants that they are read at', () => {
    const instants = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 20 })
    const model = { driftPpm: 50, wanderPpm: 5, steps: [{ atSeconds: 500, bySeconds: 7 }] }
    fc.assert(
      fc.property(instants, seconds => {
        const sorted = seconds.toSorted((a, b) => a - b)
        const last = sorted.at(-1) ?? 0
        expect(offsetsAt(model, sorted).at(-1)).toEqual(offsetsAt(model, [last])[0])
      }),
    )
  })

  it('can be set by hand', () => {
    let nowMs = startMs
    const model = { driftPpm: 100, steps: [{ atSeconds: 20, bySeconds: 1 }] }
    const host = new SimulatedHost(clockSegments(model, 1e6, new Random(1)), startMs, () => nowMs)
    nowMs += 10_000
    host.setOffset(5000)
    expect(host.wallMs() - nowMs).toBeCloseTo(5000)
    nowMs += 10_000
    expect(host.wallMs() - nowMs).toBeCloseTo(6001)
    expect(host.monotonicMs()).toBeCloseTo(20_002)
  })
})
