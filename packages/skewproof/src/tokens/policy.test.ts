import { describe, expect, it } from 'vitest'
import { timePolicy } from './policy.ts'

describe('timePolicy', () => {
  it('forgives what the clocks call for, accepts what is ambiguous, and sets no age, unless told', () => {
    expect(timePolicy({})).toEqual({ toleranceMs: 'auto', ambiguous: 'accept', maxAgeMs: undefined })
    expect(timePolicy({ clockTolerance: 'auto', ambiguous: 'accept' })).toEqual(timePolicy({}))
  })

  it('reads what it is told', () => {
    expect(timePolicy({ clockTolerance: 30, ambiguous: 'reject', maxAge: '5m' })).toEqual({
      toleranceMs: 30_000,
      ambiguous: 'reject',
      maxAgeMs: 300_000,
    })
    expect(timePolicy({ clockTolerance: '60s', maxAge: '1ms' })).toMatchObject({
      toleranceMs: 60_000,
      maxAgeMs: 1,
    })
  })

  it.each([Number.NaN, Infinity, -1, 61, '61s', '1h', 'soon', '', null, {}])(
    'refuses the tolerance %s',
    value => {
      const options = { clockTolerance: value as number }
      expect(() => timePolicy(options)).toThrowError(expect.objectContaining({ option: 'clockTolerance' }))
    },
  )

  it.each([Number.NaN, 0, -5, 'never'])('refuses the maxAge %s', value => {
    expect(() => timePolicy({ maxAge: value })).toThrowError(expect.objectContaining({ option: 'maxAge' }))
  })

  it.each(['maybe', '', null])(
    'refuses the way %j with ambiguous tokens, and says which there are',
    value => {
      const options = { ambiguous: value as 'accept' }
      expect(() => timePolicy(options)).toThrowError("ambiguous: use 'accept' or 'reject'")
    },
  )
})
