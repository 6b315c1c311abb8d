import type { ClockReading } from '../clock/clock.ts'
import type { TokenClaims } from './claims.ts'
import type { StoreAge } from './decision.ts'
import { type Culprit, TokenError, type TokenErrorCode } from './errors.ts'
import type { Durability } from './store.ts'

/** How one verification ended. */
export interface Verification {
  /** `valid` and `ambiguous` were accepted; `unavailable`: the store or the issuer's keys could not be asked. */
  readonly verdict: 'valid' | 'ambiguous' | 'refused' | 'unavailable'
  /** Why it was not accepted. */
  readonly code: TokenErrorCode | undefined
  /** Whose clock is to blame, where the token was refused for its times. */
  readonly culprit: Culprit | undefined
  /** Whether the token had been verified before, and was only judged again. */
  readonly isCached: boolean
  /** The reading on which the decision was made. */
  readonly clock: ClockReading
  /** Of a token of the issuer's, accepted or not; `undefined` where it may be anybody's. */
  readonly claims: TokenClaims | undefined
  /** The issuer's clock minus this verifier's, where a store that both share can tell; positive: the issuer is ahead. */
  readonly issuerOffsetMs: number | undefined
}

/** A token that was issued. */
export interface Issuance {
  /** Why: it was asked for, or a refresh token was used. */
  readonly cause: 'request' | 'refresh'
  readonly expiresInSeconds: number
}

/** A revocation through this service that the store has acknowledged. */
export interface Revocation {
  readonly scope: 'token' | 'subject' | 'family' | 'issued_before'
  /** Whether there was something to revoke. */
  readonly revoked: boolean
  readonly durability: Durability
}

export interface VerifierEvents {
  /** Also of tokens that are refused. Told synchronously, in the asynchronous context of whoever verifies. */
  verification: Verification
}

export interface TokenServiceEvents extends VerifierEvents {
  issuance: Issuance
  revocation: Revocation
}

/** What has been learned of a token that is being verified. */
export interface Findings {
  claims?: TokenClaims
  live?: StoreAge | undefined
}

export function acceptance(
  { verdict, clock, claims, issuerOffsetMs }: Omit<Verification, 'code' | 'culprit' | 'isCached'>,
  isCached: boolean,
): Verification {
  return { verdict, code: undefined, culprit: undefined, isCached, clock, claims, issuerOffsetMs }
}

export function refusal(
  error: unknown,
  { claims, live }: Findings,
  now: ClockReading,
  isCached: boolean,
): Verification {
  const tokenError = error instanceof TokenError ? error : undefined
  const clock = tokenError?.clock ?? now
  return {
    verdict: tokenError?.httpStatus === 401 ? 'refused' : 'unavailable',
    code: tokenError?.code,
    culprit: tokenError?.culprit,
    isCached,
    clock,
    claims,
    issuerOffsetMs: claims && issuerOffsetMs(claims, live, clock),
  }
}

/** The issuer's clock minus the verifier's, by a store that has measured how much of its life the token has left. */
export function issuerOffsetMs(
  { exp }: TokenClaims,
  live: StoreAge | undefined,
  { timeMs }: ClockReading,
): number | undefined {
  return live === undefined || exp === undefined ? undefined : exp * 1000 - live.remainingMs - timeMs
}
