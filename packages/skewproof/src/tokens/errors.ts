import type { ClockReading } from '../clock/clock.ts'

/** Stable codes; they never change their meaning. */
export type TokenErrorCode =
  | 'ERR_TOKEN_MALFORMED'
  | 'ERR_TOKEN_SIGNATURE'
  | 'ERR_TOKEN_ALGORITHM'
  | 'ERR_TOKEN_KEY_UNKNOWN'
  | 'ERR_TOKEN_CLAIM'
  | 'ERR_TOKEN_EXPIRED'
  | 'ERR_TOKEN_NOT_YET_VALID'
  | 'ERR_TOKEN_REVOKED'
  | 'ERR_STORE_UNAVAILABLE'
  | 'ERR_KEYS_UNAVAILABLE'

/**
 * Whose clock is to blame for a refusal. `none`: nobody's, the token is simply too old or too new.
 * `unknown`: neither side knows the time well enough to tell.
 */
export type Culprit = 'issuer' | 'verifier' | 'unknown' | 'none'

export interface TokenErrorDetails {
  /** The claim that was refused. */
  claim?: string
  /** How far the claim lies outside what is tolerated, in ms. */
  byMs?: number
  /** The verifier's reading on which the decision was made. */
  clock?: ClockReading
  culprit?: Culprit
  /** When to try again, in seconds; with `httpStatus` 503. */
  retryAfterSeconds?: number
  cause?: unknown
}

/** Every way in which a token is refused, told apart by `code`. The message never contains the token. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly code: TokenErrorCode
  /** 401, or 503 when the store or the issuer's keys cannot be asked for: that must not log everybody out. */
  readonly httpStatus: 401 | 503
  readonly claim: string | undefined
  readonly byMs: number | undefined
  readonly clock: ClockReading | undefined
  readonly culprit: Culprit | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: TokenErrorCode, message: string, details: TokenErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.httpStatus = code === 'ERR_STORE_UNAVAILABLE' || code === 'ERR_KEYS_UNAVAILABLE' ? 503 : 401
    this.claim = details.claim
    this.byMs = details.byMs
    this.clock = details.clock
    this.culprit = details.culprit
    this.retryAfterSeconds = details.retryAfterSeconds ?? (this.httpStatus === 503 ? 1 : undefined)
  }
}

/** The error of a store that cannot be asked. */
export function storeUnavailable(problem: string, cause?: unknown): TokenError {
  return new TokenError('ERR_STORE_UNAVAILABLE', `the token store is unavailable: ${problem}`, { cause })
}
