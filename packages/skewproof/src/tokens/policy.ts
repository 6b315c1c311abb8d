import { type Duration, OptionError, parseDurationMs } from '../time/index.ts'

/** What is forgiven where a clock is not known, ms. */
export const defaultToleranceMs = 30_000
/** No decision forgives more than this, ms. */
export const maxToleranceMs = 60_000

export interface TimePolicyOptions {
  /**
   * What a decision forgives. `'auto'` (the default): the issuer's own bound (`iat_err`) where the token carries it, else
   * 30 s. A number of seconds or a string such as `'30s'` fixes it; at most 60 s.
   */
  clockTolerance?: Duration | 'auto' | undefined
  /** What to do with a token that some possible true times accept and others refuse. Default `'accept'`. */
  ambiguous?: 'accept' | 'reject' | undefined
  /** Refuse tokens issued longer ago than this, whatever their `exp`. */
  maxAge?: Duration | undefined
}

/** The options, checked. */
export interface TimePolicy {
  readonly toleranceMs: number | 'auto'
  readonly ambiguous: 'accept' | 'reject'
  readonly maxAgeMs: number | undefined
}

/** @throws OptionError for a tolerance that is not a duration, or beyond 60 s */
export function timePolicy(options: TimePolicyOptions): TimePolicy {
  const { clockTolerance = 'auto', ambiguous = 'accept', maxAge } = options
  if (ambiguous !== 'accept' && ambiguous !== 'reject') {
    throw new OptionError('ambiguous', `use 'accept' or 'reject'`)
  }
  return {
    toleranceMs:
      clockTolerance === 'auto'
        ? 'auto'
        : parseDurationMs('clockTolerance', clockTolerance, { maxMs: maxToleranceMs }),
    ambiguous,
    maxAgeMs: maxAge === undefined ? undefined : parseDurationMs('maxAge', maxAge, { minMs: 1 }),
  }
}
