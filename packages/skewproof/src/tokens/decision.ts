import { type ClockReading, isReliable } from '../clock/clock.ts'
import type { Culprit } from './errors.ts'
import { defaultToleranceMs, maxToleranceMs, type TimePolicy } from './policy.ts'

/** The claims that a decision about time looks at; NumericDates in seconds (RFC 7519, section 2). */
export interface TimeClaims {
  readonly iat?: number | undefined
  readonly nbf?: number | undefined
  readonly exp?: number | undefined
  /** The issuer's own bound against UTC when it issued, seconds. */
  readonly iatErrSeconds?: number | undefined
}

/** How much of its life a token has left by the store's clock, which saw it issued. */
export interface StoreAge {
  readonly remainingMs: number
  readonly errorMs: number
}

/** The instants that the issuer's clock may be showing now, as far as the verifier can tell. */
export interface Window {
  readonly earliestMs: number
  readonly latestMs: number
}

export type TimeVerdict = 'valid' | 'ambiguous' | 'expired' | 'not_yet_valid'
export type TimeClaim = 'iat' | 'nbf' | 'exp'

export interface TimeDecision {
  readonly verdict: TimeVerdict
  /** The claim that decided, when the verdict is not `valid`. */
  readonly claim: TimeClaim | undefined
  /** Whether that claim makes the token (perhaps) too early or too late. */
  readonly side: 'early' | 'late' | undefined
  /** How far the claim lies beyond what is forgiven; 0 unless refused. */
  readonly byMs: number
  readonly culprit: Culprit
  readonly window: Window
}

/**
 * Judges the times of a token: pure, from one reading.
 *
 * A token is refused only when every instant of the window refuses it: *expired* when the window lies wholly at or after
 * `exp` (RFC 7519, 4.1.4: "on or after"), *not yet valid* when it lies wholly before `nbf` or `iat`. It is *valid* when no
 * instant refuses it, and *ambiguous* in between.
 */
export function judgeTime(
  claims: TimeClaims,
  reading: ClockReading,
  policy: TimePolicy,
  storeAge?: StoreAge,
): TimeDecision {
  const window = issuerWindow(claims, reading, policy, storeAge)
  const { earliestMs, latestMs } = window
  const birth = birthOf(claims)
  const death = deathOf(claims, policy)

  if (earliestMs >= death.atMs) {
    return refused('expired', death, earliestMs - death.atMs, expiryCulprit(reading, storeAge), window)
  }
  if (latestMs < birth.atMs) {
    return refused(
      'not_yet_valid',
      birth,
      birth.atMs - latestMs,
      futureCulprit(claims, reading, window),
      window,
    )
  }
  if (death.atMs <= birth.atMs) return refused('expired', death, 0, 'none', window)

  const accepted = { byMs: 0, culprit: 'none', window } as const
  if (latestMs >= death.atMs) return { verdict: 'ambiguous', claim: death.claim, side: 'late', ...accepted }
  if (earliestMs < birth.atMs) return { verdict: 'ambiguous', claim: birth.claim, side: 'early', ...accepted }
  return { verdict: 'valid', claim: undefined, side: undefined, ...accepted }
}

interface Boundary {
  readonly claim: TimeClaim | undefined
  readonly atMs: number
}

/** The later of `iat` and `nbf`: before it the token is not good yet. */
function birthOf({ iat, nbf }: TimeClaims): Boundary {
  if (nbf !== undefined && (iat === undefined || nbf > iat)) return { claim: 'nbf', atMs: nbf * 1000 }
  return { claim: 'iat', atMs: iat === undefined ? Number.NEGATIVE_INFINITY : iat * 1000 }
}

/** The earlier of `exp` and `iat` + `maxAge`: from it on the token is dead. */
function deathOf({ iat, exp }: TimeClaims, { maxAgeMs }: TimePolicy): Boundary {
  const expMs = exp === undefined ? Number.POSITIVE_INFINITY : exp * 1000
  const oldMs = iat === undefined || maxAgeMs === undefined ? Number.POSITIVE_INFINITY : iat * 1000 + maxAgeMs
  return oldMs < expMs ? { claim: 'iat', atMs: oldMs } : { claim: 'exp', atMs: expMs }
}

function refused(
  verdict: 'expired' | 'not_yet_valid',
  { claim }: Boundary,
  byMs: number,
  culprit: Culprit,
  window: Window,
): TimeDecision {
  return { verdict, claim, side: verdict === 'expired' ? 'late' : 'early', byMs, culprit, window }
}

/**
 * Where both clocks are known, the reading and the issuer's bound say it all. Where one is not, the store's clock, which
 * has measured how old the token is, is better than any wall clock; without it, the static tolerance covers the unknown
 * side, once: 30 s by default and never more than 60 s in all.
 */
function issuerWindow(
  claims: TimeClaims,
  reading: ClockReading,
  policy: TimePolicy,
  storeAge: StoreAge | undefined,
): Window {
  const reliable = isReliable(reading)
  const issuerErrorMs = issuerErrorOf(claims)
  if (storeAge !== undefined && claims.exp !== undefined && !(reliable && issuerErrorMs !== undefined)) {
    return around(claims.exp * 1000 - storeAge.remainingMs, storeAge.errorMs)
  }
  if (reliable) {
    const leewayMs =
      policy.toleranceMs === 'auto' ? (issuerErrorMs ?? defaultToleranceMs) : policy.toleranceMs
    return around(reading.timeMs, reading.errorMs + leewayMs)
  }
  const toleranceMs =
    policy.toleranceMs === 'auto' ? defaultToleranceMs + (issuerErrorMs ?? 0) : policy.toleranceMs
  return around(reading.timeMs, Math.min(toleranceMs, maxToleranceMs))
}

/** A signed `iat_err` is believed as far as the issuer is, but never beyond the cap. */
function issuerErrorOf(claims: TimeClaims): number | undefined {
  const seconds = claims.iatErrSeconds
  return seconds === undefined ? undefined : Math.min(seconds * 1000, maxToleranceMs)
}

function around(timeMs: number, errorMs: number): Window {
  return { earliestMs: timeMs - errorMs, latestMs: timeMs + errorMs }
}

/** A verifier that knows the time, or a store that saw the token issued, can tell that it is simply too old. */
function expiryCulprit(reading: ClockReading, storeAge: StoreAge | undefined): Culprit {
  return isReliable(reading) || storeAge !== undefined ? 'none' : 'unknown'
}

/** A token from the future: whoever does not know the time is wrong; when neither does, nobody can tell. */
function futureCulprit(claims: TimeClaims, reading: ClockReading, window: Window): Culprit {
  // When only nbf lies ahead, the issuer meant the token for later.
  if (claims.iat !== undefined && claims.iat * 1000 <= window.latestMs) return 'none'
  if (isReliable(reading)) return 'issuer'
  return claims.iatErrSeconds === undefined ? 'unknown' : 'verifier'
}
