import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findingOf, isAlarming } from './finding.ts'

const url = 'https://a.test/clock'

function statusAt(offsetMs: number, errorMs: number, thresholdMs = 500) {
  const measured = { offsetMs, errorMs, method: 'clock', claim: null }
  return findingOf(url, measured, { thresholdMs, reference: 'true time' }).status
}

describe('a host', () => {
  it.each([
    [0, 0, 'within'],
    [490, 10, 'within'],
    [-490, 10, 'within'],
    [490.001, 10, 'uncertain'],
    [510, 10, 'uncertain'],
    [-510, 10, 'uncertain'],
    [510.001, 10, 'beyond'],
    [-510.001, 10, 'beyond'],
    [0, 501, 'uncertain'],
    [180_000, 5, 'beyond'],
    [180_000, Number.POSITIVE_INFINITY, 'uncertain'],
  ])('that is %d ms off, to %d ms, is %s a threshold of 500 ms', (offsetMs, errorMs, status) => {
    expect(statusAt(offsetMs, errorMs)).toBe(status)
  })

  it('is only accused when every value in its bound is beyond the threshold', () => {
    const ms = fc.double({ min: 0, max: 1e6, noNaN: true })
    const part = fc.double({ min: -1, max: 1, noNaN: true })
    fc.assert(
      fc.property(ms, part, ms, part, ms, (maxMs, sign, errorMs, where, thresholdMs) => {
        const offsetMs = maxMs * sign
        const trueMs = Math.abs(offsetMs + where * errorMs)
        const status = statusAt(offsetMs, errorMs, thresholdMs)
        const roundingMs = 1e-6
        if (status === 'beyond') expect(trueMs).toBeGreaterThan(thresholdMs - roundingMs)
        if (status === 'within') expect(trueMs).toBeLessThanOrEqual(thresholdMs + roundingMs)
      }),
    )
  })

  it('that cannot be measured is a finding, with the reason', () => {
    const failure = { reason: 'unreachable', message: 'a.test: ECONNREFUSED' } as const
    const finding = findingOf(url, failure, { thresholdMs: 500, reference: 'wall clock' })
    expect(finding).toEqual({
      url,
      offsetMs: null,
      errorMs: null,
      method: null,
      status: 'failed',
      reference: 'wall clock',
      claim: null,
      failure,
    })
    expect(isAlarming(finding)).toBe(true)
  })
})
