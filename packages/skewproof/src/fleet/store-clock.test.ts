import { describe, expect, it } from 'vitest'
import { followStoreClock, type StoreClockState, type StoreReading } from './store-clock.ts'

/** A reading `afterMs` later, of a clock that was moved by `steppedMs` in between. */
function reading(
  sequence: number,
  monotonicMs: number,
  more: Partial<{ steppedMs: number; sleptMs: number; errorMs: number; epoch: string }> = {},
): StoreReading {
  const { steppedMs = 0, sleptMs = 0, errorMs = 1, epoch = 'a' } = more
  return {
    sample: { monotonicMs, timeMs: 1e12 + monotonicMs + sleptMs + steppedMs, errorMs },
    host: { monotonicMs, uptimeMs: monotonicMs + sleptMs },
    epoch,
    sequence,
  }
}

function follow(...readings: readonly StoreReading[]): StoreClockState {
  const [first, ...others] = readings
  if (first === undefined) throw new Error('no reading')
  return others.reduce(followStoreClock, followStoreClock(undefined, first))
}

describe("the store's clock", () => {
  it('begins an epoch with the first reading: nobody knows what was before', () => {
    expect(follow(reading(7, 0)).voidUpTo).toBe(7)
  })

  it('goes on while it runs as the monotonic clock does, or drifts as it may', () => {
    expect(follow(reading(1, 0), reading(5, 1000), reading(9, 2000, { steppedMs: 2.5 })).voidUpTo).toBe(1)
    expect(follow(reading(1, 0), reading(2, 600_000, { steppedMs: 300 })).voidUpTo).toBe(1)
  })

  it.each([
    ['was set forward', { steppedMs: 4 }],
    ['was set back', { steppedMs: -4 }],
    ['is said to be another', { epoch: 'b' }],
  ])('begins an epoch when it %s', (_, change) => {
    expect(follow(reading(1, 0), reading(5, 1000, change)).voidUpTo).toBe(5)
  })

  it('begins an epoch when its beats are counted anew', () => {
    expect(follow(reading(8, 0), reading(3, 1000)).voidUpTo).toBe(3)
  })

  it('stands nothing of a machine that slept', () => {
    expect(follow(reading(1, 0), reading(2, 1000, { sleptMs: 60_000 })).voidUpTo).toBe(1)
    expect(follow(reading(1, 0), reading(2, 1000, { sleptMs: 60_000, steppedMs: 100 })).voidUpTo).toBe(2)
  })

  it('allows for the round trips', () => {
    expect(follow(reading(1, 0, { errorMs: 30 }), reading(2, 1000, { steppedMs: 30 })).voidUpTo).toBe(1)
  })
})
