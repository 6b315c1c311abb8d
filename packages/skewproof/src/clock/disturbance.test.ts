import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findDisturbance, type HostReading, haveParted, readHost } from './disturbance.ts'
import { ManualHostClock } from './manual.ts'

const start: HostReading = { wallMs: 1_800_000_000_000, monotonicMs: 5000, uptimeMs: 9000 }

function later(
  elapsedMs: number,
  moves: { stepMs?: number; suspendedMs?: number; slew?: number } = {},
): HostReading {
  const { stepMs = 0, suspendedMs = 0, slew = 0 } = moves
  return {
    wallMs: start.wallMs + elapsedMs * (1 + slew) + suspendedMs + stepMs,
    monotonicMs: start.monotonicMs + elapsedMs,
    uptimeMs: start.uptimeMs + elapsedMs + suspendedMs,
  }
}

const elapsed = fc.integer({ min: 0, max: 60_000 })

describe('findDisturbance', () => {
  it('sees nothing in the passing of time, nor in the strongest slew of chronyd', () => {
    fc.assert(
      fc.property(elapsed, fc.double({ min: -0.0834, max: 0.0834, noNaN: true }), (ms, slew) => {
        expect(findDisturbance(start, later(ms, { slew }))).toBeUndefined()
      }),
    )
  })

  it('tells a step from a suspend, and both at once', () => {
    const step = fc.oneof(fc.integer({ min: 20_000, max: 1e9 }), fc.integer({ min: -1e9, max: -20_000 }))
    const suspend = fc.integer({ min: 20_000, max: 1e9 })
    fc.assert(
      fc.property(elapsed, step, suspend, (ms, stepMs, suspendedMs) => {
        expect(findDisturbance(start, later(ms, { stepMs }))).toEqual({ stepMs, suspendedMs: 0 })
        expect(findDisturbance(start, later(ms, { suspendedMs }))).toEqual({ stepMs: 0, suspendedMs })
        const both = findDisturbance(start, later(ms, { stepMs, suspendedMs: 20_000 }))
        expect(both?.suspendedMs).toBe(20_000)
      }),
    )
  })

  it.each([
    [500, 145, undefined],
    [500, 146, 146],
    [500, -146, -146],
  ])('after %d ms a move of %d ms is a step of %s', (ms, stepMs, found) => {
    expect(findDisturbance(start, later(ms, { stepMs }))?.stepMs).toBe(found)
  })

  it.each([
    [100, undefined],
    [101, 101],
  ])('a sleep of %d ms is a suspend of %s', (suspendedMs, found) => {
    expect(findDisturbance(start, later(500, { suspendedMs }))?.suspendedMs).toBe(found)
  })
})

describe('readHost', () => {
  /** A host on which reading the uptime takes so long, one time after the other. */
  function slowHost(...delaysMs: number[]): ManualHostClock {
    const host = new ManualHostClock(start.wallMs)
    const uptimeMs = host.uptimeMs.bind(host)
    host.uptimeMs = () => {
      host.advance(delaysMs.shift() ?? 0)
      return uptimeMs()
    }
    return host
  }

  it('reads again when the process was held up in between', () => {
    expect(readHost(slowHost(150, 1))).toEqual({
      wallMs: start.wallMs + 150,
      monotonicMs: 150,
      uptimeMs: 151,
    })
  })

  it('makes do with what it has after three attempts', () => {
    expect(readHost(slowHost(150, 150, 150, 150)).monotonicMs).toBe(300)
  })
})

describe('haveParted', () => {
  it('notices every step and suspend that findDisturbance would', () => {
    const move = fc.integer({ min: -1e6, max: 1e6 })
    fc.assert(
      fc.property(elapsed, move, fc.nat(1e6), (ms, stepMs, suspendedMs) => {
        const after = later(ms, { stepMs, suspendedMs })
        const found = findDisturbance(start, after)
        const moved = Math.abs(stepMs + suspendedMs) > 100 + 0.09 * ms
        // A step back by as much as the machine slept leaves the wall clock where it was: the timer's check sees it.
        if (found !== undefined && moved)
          expect(haveParted(start, after.wallMs, after.monotonicMs)).toBe(true)
      }),
    )
  })

  it('is quiet while nothing happens, and up to the noise', () => {
    expect(haveParted(start, start.wallMs, start.monotonicMs)).toBe(false)
    expect(haveParted(start, start.wallMs + 60_000, start.monotonicMs + 60_000)).toBe(false)
    expect(haveParted(start, start.wallMs + 1000 * 1.08, start.monotonicMs + 1000)).toBe(false)
    expect(haveParted(start, start.wallMs + 100, start.monotonicMs)).toBe(false)
    expect(haveParted(start, start.wallMs + 101, start.monotonicMs)).toBe(true)
    expect(haveParted(start, start.wallMs - 101, start.monotonicMs)).toBe(true)
    expect(haveParted(start, start.wallMs + 1000 + 191, start.monotonicMs + 1000)).toBe(true)
    expect(haveParted(start, start.wallMs + 1000 + 189, start.monotonicMs + 1000)).toBe(false)
  })
})
