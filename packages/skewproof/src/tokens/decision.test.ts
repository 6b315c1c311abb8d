import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ClockReading, ClockStatus } from '../clock/clock.ts'
import { judgeTime, type StoreAge, type TimeClaims } from './decision.ts'
import { maxToleranceMs, type TimePolicy, timePolicy } from './policy.ts'

const issuedAt = 1_800_000_000
const expiresAt = issuedAt + 3600
const claims: TimeClaims = { iat: issuedAt, nbf: issuedAt, exp: expiresAt }

function synchronized(timeMs: number, errorMs = 0): ClockReading {
  return { timeMs, errorMs, status: 'synchronized' }
}

function unsynchronized(timeMs: number): ClockReading {
  return { timeMs, errorMs: Number.POSITIVE_INFINITY, status: 'unsynchronized' }
}

const auto = timePolicy({})

describe('the boundaries', () => {
  const exact = timePolicy({ clockTolerance: 0 })
  const thirty = timePolicy({ clockTolerance: 30 })
  const sixty = timePolicy({ clockTolerance: '60s' })

  it.each([
    ['exp - 1 ms', exact, expiresAt * 1000 - 1, 'valid'],
    ['exp exactly is too late (RFC 7519: on or after)', exact, expiresAt * 1000, 'expired'],
    ['exp + 1 ms', exact, expiresAt * 1000 + 1, 'expired'],
    ['iat exactly', exact, issuedAt * 1000, 'valid'],
    ['iat - 1 ms', exact, issuedAt * 1000 - 1, 'not_yet_valid'],
    ['30 s: exp + 29.999 s, just enough', thirty, (expiresAt + 30) * 1000 - 1, 'ambiguous'],
    ['30 s: exp + 30 s, just too little', thirty, (expiresAt + 30) * 1000, 'expired'],
    ['30 s: iat - 30 s, just enough', thirty, (issuedAt - 30) * 1000, 'ambiguous'],
    ['30 s: iat - 30.001 s, just too little', thirty, (issuedAt - 30) * 1000 - 1, 'not_yet_valid'],
    ['60 s: exp + 59.999 s', sixty, (expiresAt + 60) * 1000 - 1, 'ambiguous'],
    ['60 s: exp + 60 s', sixty, (expiresAt + 60) * 1000, 'expired'],
    ['30 s: exp - 30 s is the first ambiguous instant', thirty, (expiresAt - 30) * 1000, 'ambiguous'],
    ['30 s: before that, no possible time refuses', thirty, (expiresAt - 30) * 1000 - 1, 'valid'],
  ] as const)('%s', (_name, policy, timeMs, verdict) => {
    expect(judgeTime(claims, synchronized(timeMs), policy).verdict).toBe(verdict)
    expect(judgeTime(claims, unsynchronized(timeMs), policy).verdict).toBe(verdict)
  })

  it('judges maxAge with the same tolerance as exp', () => {
    const policy = timePolicy({ clockTolerance: 30, maxAge: '10m' })
    const limitMs = (issuedAt + 600 + 30) * 1000
    expect(judgeTime(claims, synchronized(limitMs - 1), policy).verdict).toBe('ambiguous')
    expect(judgeTime(claims, synchronized(limitMs), policy)).toMatchObject({
      verdict: 'expired',
      claim: 'iat',
    })
  })
})

describe('the tolerance', () => {
  const bounded: TimeClaims = { ...claims, iatErrSeconds: 0.02 }

  it('is milliseconds where both clocks are known', () => {
    const after = (ms: number) => judgeTime(bounded, synchronized(expiresAt * 1000 + ms, 5), auto).verdict
    expect(after(24)).toBe('ambiguous')
    expect(after(25)).toBe('expired')
  })

  it('is 30 s for an issuer that does not state its bound', () => {
    const decision = judgeTime(claims, synchronized((expiresAt + 29) * 1000, 5), auto)
    expect(decision.verdict).toBe('ambiguous')
    expect(judgeTime(claims, synchronized((expiresAt + 31) * 1000, 5), auto).verdict).toBe('expired')
  })

  it('covers an unknown verifier once, plus what the issuer states', () => {
    const refusedAt = (token: TimeClaims) =>
      [29, 31].map(seconds => judgeTime(token, unsynchronized((expiresAt + seconds) * 1000), auto).verdict)
    expect(refusedAt(claims)).toEqual(['ambiguous', 'expired'])
    expect(refusedAt({ ...claims, iatErrSeconds: 5 })).toEqual(['ambiguous', 'ambiguous'])
  })

  it('uses a disrupted reading as little as an unsynchronized one', () => {
    const disrupted: ClockReading = { timeMs: (expiresAt + 29) * 1000, errorMs: 3, status: 'disrupted' }
    expect(judgeTime({ ...claims, iatErrSeconds: 0 }, disrupted, auto).verdict).toBe('ambiguous')
  })

  it('believes iat_err up to 60 s and no further', () => {
    const absurd: TimeClaims = { ...claims, iatErrSeconds: 86_400 }
    expect(judgeTime(absurd, synchronized((expiresAt + 60) * 1000), auto).verdict).toBe('expired')
    expect(judgeTime(absurd, unsynchronized((expiresAt + 60) * 1000), auto).verdict).toBe('expired')
  })
})

describe('the age that the store measured', () => {
  const fresh: StoreAge = { remainingMs: 3_599_000, errorMs: 10 }
  const dead: StoreAge = { remainingMs: -20, errorMs: 10 }

  it.each([-150_000, 180_000])('carries a token over a verifier that is %d ms off', offsetMs => {
    const reading = unsynchronized(issuedAt * 1000 + 1000 + offsetMs)
    expect(judgeTime(claims, reading, auto, fresh).verdict).toBe('valid')
    expect(judgeTime(claims, reading, auto, dead)).toMatchObject({ verdict: 'expired', culprit: 'none' })
  })

  it('is not needed when both clocks are known', () => {
    const reading = synchronized((issuedAt + 10) * 1000, 1)
    const bounded = { ...claims, iatErrSeconds: 0.001 }
    expect(judgeTime(bounded, reading, auto, dead).verdict).toBe('valid')
  })

  it('still holds back a token that its issuer meant for later', () => {
    const later = { ...claims, nbf: issuedAt + 600 }
    expect(judgeTime(later, unsynchronized(0), auto, fresh)).toMatchObject({
      verdict: 'not_yet_valid',
      claim: 'nbf',
      culprit: 'none',
    })
  })
})

describe('the culprit', () => {
  const early = (issuedAt - 150) * 1000

  it.each([
    ['a verifier that knows the time blames the issuer', synchronized(early, 5), {}, 'issuer', 120_000 - 5],
    [
      'a verifier that does not, the issuer does: the verifier',
      unsynchronized(early),
      { iatErrSeconds: 0 },
      'verifier',
      120_000,
    ],
    ['neither knows', unsynchronized(early), {}, 'unknown', 120_000],
  ] as const)('%s', (_name, reading, extra, culprit, byMs) => {
    expect(judgeTime({ ...claims, ...extra }, reading, auto)).toMatchObject({
      verdict: 'not_yet_valid',
      claim: 'iat',
      culprit,
      byMs,
    })
  })

  it('is nobody for an old token where time is known, unknown where it is not', () => {
    const late = (expiresAt + 90) * 1000
    expect(judgeTime(claims, synchronized(late), auto).culprit).toBe('none')
    expect(judgeTime(claims, unsynchronized(late), auto).culprit).toBe('unknown')
  })
})

const timeMs = fc.double({ min: -1e14, max: 1e14, noNaN: true })
const errorMs = fc.oneof(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constant(0))
const status = fc.constantFrom<ClockStatus>('synchronized', 'holdover', 'disrupted', 'unsynchronized')
const seconds = fc.oneof(
  fc.integer({ min: -1e10, max: 1e10 }),
  fc.double({ min: -1e10, max: 1e10, noNaN: true }),
)
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const anyClaims: fc.Arbitrary<TimeClaims> = fc.record({
  iat: optional(seconds),
  nbf: optional(seconds),
  exp: optional(seconds),
  iatErrSeconds: optional(fc.double({ min: 0, max: 1e6, noNaN: true })),
})
const anyPolicy: fc.Arbitrary<TimePolicy> = fc
  .record({
    clockTolerance: fc.oneof(fc.constant('auto' as const), fc.double({ min: 0, max: 60, noNaN: true })),
    maxAge: optional(fc.integer({ min: 1, max: 1e6 })),
  })
  .map(timePolicy)

/** Places the reading near a claim, where verdicts change. */
const nearby = fc
  .tuple(anyClaims, fc.double({ min: -2e5, max: 2e5, noNaN: true }), timeMs)
  .map(([token, delta, far]) => {
    const anchor = token.exp ?? token.iat ?? token.nbf
    return { token, timeMs: anchor === undefined ? far : anchor * 1000 + delta }
  })

describe('for all claims, clocks, bounds and tolerances', () => {
  const refusals = ['expired', 'not_yet_valid']
  const order = { not_yet_valid: 0, ambiguous: 1, valid: 1, expired: 2 }

  it('the verdict only moves forwards in time: not yet valid, acceptable, expired', () => {
    fc.assert(
      fc.property(
        nearby,
        errorMs,
        status,
        anyPolicy,
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        (near, error, state, policy, later) => {
          const at = (ms: number) =>
            judgeTime(near.token, { timeMs: ms, errorMs: error, status: state }, policy).verdict
          const first = order[at(near.timeMs)]
          const second = order[at(near.timeMs + later)]
          expect(second).toBeGreaterThanOrEqual(first)
          if (first === 2) expect(second).toBe(2)
        },
      ),
    )
  })

  it('widening the bound never makes an ambiguous verdict certain', () => {
    fc.assert(
      fc.property(nearby, errorMs, errorMs, anyPolicy, (near, error, more, policy) => {
        const at = (bound: number) =>
          judgeTime(near.token, { timeMs: near.timeMs, errorMs: bound, status: 'synchronized' }, policy)
            .verdict
        if (at(error) === 'ambiguous') expect(at(error + more)).toBe('ambiguous')
      }),
    )
  })

  it('a wider bound or tolerance never turns one certain verdict into the other', () => {
    fc.assert(
      fc.property(nearby, errorMs, errorMs, anyPolicy, (near, error, more, policy) => {
        const at = (bound: number) =>
          judgeTime(near.token, { timeMs: near.timeMs, errorMs: bound, status: 'synchronized' }, policy)
            .verdict
        const wide = at(error + more)
        if (wide === 'valid') expect(at(error)).toBe('valid')
        if (wide === 'expired' || wide === 'not_yet_valid') expect(refusals).toContain(at(error))
      }),
    )
  })

  it('a refusal is refused by every instant of the window, an acceptance without doubt by none', () => {
    fc.assert(
      fc.property(
        nearby,
        errorMs,
        status,
        anyPolicy,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (near, error, state, policy, at) => {
          const reading: ClockReading = { timeMs: near.timeMs, errorMs: error, status: state }
          const decision = judgeTime(near.token, reading, policy)
          const { earliestMs, latestMs } = decision.window
          const instant = Math.min(latestMs, Math.max(earliestMs, earliestMs + (latestMs - earliestMs) * at))
          const point = judgeTime(near.token, synchronized(instant), { ...policy, toleranceMs: 0 }).verdict
          if (decision.verdict === 'valid') expect(point).toBe('valid')
          if (refusals.includes(decision.verdict)) expect(refusals).toContain(point)
        },
      ),
    )
  })

  it('never forgives more than 60 s beyond the verifier’s own bound', () => {
    fc.assert(
      fc.property(anyClaims, timeMs, errorMs, status, anyPolicy, (token, now, error, state, policy) => {
        const { window } = judgeTime(token, { timeMs: now, errorMs: error, status: state }, policy)
        expect(window.latestMs - window.earliestMs).toBeLessThanOrEqual(2 * (error + maxToleranceMs) + 1)
        expect(window.earliestMs).toBeLessThanOrEqual(window.latestMs)
      }),
    )
  })
})

describe('what decided', () => {
  const exact = timePolicy({ clockTolerance: 0 })
  const thirty = timePolicy({ clockTolerance: 30 })
  const at = (seconds: number) => synchronized(seconds * 1000)

  it.each([
    [
      claims,
      at(expiresAt + 7),
      exact,
      { verdict: 'expired', claim: 'exp', side: 'late', byMs: 7000, culprit: 'none' },
    ],
    [
      claims,
      at(issuedAt - 7),
      exact,
      { verdict: 'not_yet_valid', claim: 'iat', side: 'early', byMs: 7000, culprit: 'issuer' },
    ],
    [
      { nbf: issuedAt },
      at(issuedAt - 7),
      exact,
      { verdict: 'not_yet_valid', claim: 'nbf', byMs: 7000, culprit: 'issuer' },
    ],
    [
      { iat: issuedAt - 9, nbf: issuedAt },
      at(issuedAt - 7),
      exact,
      { claim: 'nbf', byMs: 7000, culprit: 'none' },
    ],
    [{ iat: issuedAt - 7, nbf: issuedAt }, at(issuedAt - 7), exact, { claim: 'nbf', culprit: 'none' }],
    [{ iat: issuedAt - 6, nbf: issuedAt }, at(issuedAt - 7), exact, { claim: 'nbf', culprit: 'issuer' }],
    [
      { iat: issuedAt, nbf: issuedAt - 5 },
      at(issuedAt - 1),
      exact,
      { verdict: 'not_yet_valid', claim: 'iat' },
    ],
    [
      claims,
      at(expiresAt - 1),
      thirty,
      { verdict: 'ambiguous', claim: 'exp', side: 'late', byMs: 0, culprit: 'none' },
    ],
    [
      claims,
      at(issuedAt + 1),
      thirty,
      { verdict: 'ambiguous', claim: 'iat', side: 'early', byMs: 0, culprit: 'none' },
    ],
    [claims, at(issuedAt + 100), thirty, { verdict: 'valid', claim: undefined, side: undefined }],
    [{}, at(0), thirty, { verdict: 'valid' }],
    [{ exp: expiresAt }, at(0), thirty, { verdict: 'valid' }],
    [{ iat: issuedAt }, at(expiresAt * 2), thirty, { verdict: 'valid' }],
    // A token that dies as it is born is refused at every instant.
    [
      { iat: issuedAt, exp: issuedAt },
      at(issuedAt - 5),
      thirty,
      { verdict: 'expired', claim: 'exp', byMs: 0, culprit: 'none' },
    ],
    [
      { nbf: issuedAt + 5, exp: issuedAt },
      at(issuedAt),
      thirty,
      { verdict: 'expired', byMs: 0, culprit: 'none' },
    ],
  ] as const)('of %j at %j under %j is %j', (token, reading, policy, expected) => {
    expect(judgeTime(token, reading, policy)).toMatchObject(expected)
  })

  it('is maxAge only where it ends the life earlier, and where there is an iat', () => {
    const hour = timePolicy({ clockTolerance: 0, maxAge: '1h' })
    expect(judgeTime(claims, at(expiresAt), hour)).toMatchObject({ verdict: 'expired', claim: 'exp' })
    const short = timePolicy({ clockTolerance: 0, maxAge: '10m' })
    expect(judgeTime(claims, at(issuedAt + 603), short)).toMatchObject({
      claim: 'iat',
      side: 'late',
      byMs: 3000,
    })
    expect(judgeTime({ exp: expiresAt }, at(issuedAt + 603), short).verdict).toBe('valid')
    expect(judgeTime({ iat: issuedAt }, at(issuedAt + 600), short).verdict).toBe('expired')
  })

  it('is the store only where a clock is not known, and for a token that has an exp', () => {
    const dead = { remainingMs: -1000, errorMs: 10 }
    const bounded = { ...claims, iatErrSeconds: 0.01 }
    const middle = (issuedAt + 600) * 1000
    const verdict = (token: TimeClaims, reading: ClockReading) =>
      judgeTime(token, reading, auto, dead).verdict
    expect(verdict(bounded, synchronized(middle, 1))).toBe('valid')
    expect(verdict(claims, synchronized(middle, 1))).toBe('expired')
    expect(verdict(bounded, unsynchronized(middle))).toBe('expired')
    expect(verdict({ iat: issuedAt }, unsynchronized(middle))).toBe('valid')
  })
})
