import type { TimeClaims } from './decision.ts'
import { TokenError } from './errors.ts'

/** The registered claims (RFC 7519, section 4.1; RFC 9068, section 2.2) with their types, and whatever else is there. */
export interface TokenClaims {
  readonly iss?: string
  readonly sub?: string
  readonly aud?: string | readonly string[]
  /** Seconds since the Unix epoch, as all NumericDates. */
  readonly exp?: number
  readonly nbf?: number
  readonly iat?: number
  /** The issuer's bound against UTC when it issued, seconds. */
  readonly iat_err?: number
  readonly jti?: string
  readonly client_id?: string
  readonly scope?: string
  readonly [name: string]: unknown
}

/** The latest instant that a `Date` can hold, in seconds; a larger NumericDate is most likely in milliseconds. */
const maxNumericDate = 8.64e12

/**
 * Checks the types of the registered claims.
 *
 * @throws TokenError `ERR_TOKEN_CLAIM`
 */
export function checkClaimTypes(payload: Record<string, unknown>): TokenClaims {
  // Member by member: a loop over their names costs as much as to parse the payload.
  const { iss, sub, aud, jti, client_id: clientId, scope, exp, nbf, iat, iat_err: iatErr } = payload
  checkText('iss', iss)
  checkText('sub', sub)
  checkText('jti', jti)
  checkText('client_id', clientId)
  checkText('scope', scope)
  checkNumericDate('exp', exp)
  checkNumericDate('nbf', nbf)
  checkNumericDate('iat', iat)
  checkNumericDate('iat_err', iatErr)
  if (typeof iatErr === 'number' && iatErr < 0) throw badClaim('iat_err', 'is negative')
  if (aud !== undefined && !isAudience(aud)) throw badClaim('aud', 'is not a string or a list of strings')
  return payload
}

/**
 * The claims that a decision about time looks at.
 *
 * @throws TokenError `ERR_TOKEN_CLAIM` when the token could never be valid
 */
export function timeClaimsOf(claims: TokenClaims): TimeClaims {
  const { iat, nbf, exp, iat_err: iatErrSeconds } = claims
  if (exp !== undefined && exp <= Math.max(iat ?? exp - 1, nbf ?? exp - 1)) {
    throw badClaim('exp', 'is not after "iat" and "nbf": the token was never valid')
  }
  return { iat, nbf, exp, iatErrSeconds }
}

/**
 * The times of a payload that has not been verified.
 *
 * @throws TokenError `ERR_TOKEN_CLAIM` when one of them is not a number of seconds, or the token could never be valid
 */
export function readTimeClaims(payload: Record<string, unknown>): TimeClaims {
  return timeClaimsOf(checkClaimTypes(payload))
}

/** @throws TokenError `ERR_TOKEN_CLAIM` when one of the names is missing */
export function requireClaims(claims: TokenClaims, names: readonly string[]): void {
  for (const name of names) {
    if (!Object.hasOwn(claims, name)) throw badClaim(name, 'is missing')
  }
}

/** Claims are neither issued nor accepted deeper: whoever follows them, as `JSON.stringify` does, would run out of stack. */
export const maxClaimsDepth = 100

/**
 * Makes claims unchangeable, to their depths. They are kept and given out again with the next request: what one handler
 * wrote into them, the next would believe.
 *
 * @throws TokenError `ERR_TOKEN_MALFORMED` when they are nested too deep
 */
export function freezeClaims<T>(value: T, depth = 0): T {
  if (typeof value !== 'object' || value === null) return value
  if (depth > maxClaimsDepth) {
    throw new TokenError(
      'ERR_TOKEN_MALFORMED',
      `the token is malformed: its claims are nested more than ${maxClaimsDepth} levels deep`,
    )
  }
  for (const name in value) freezeClaims(value[name], depth + 1)
  return Object.freeze(value)
}

/** Whether there are objects further down than so many levels below a value. */
export function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels < 0 || Object.values(value).some(inner => isDeeperThan(levels - 1, inner))
}

/** Whether a token is meant for one of the wanted audiences (RFC 7519, 4.1.3). */
export function audienceMatches(aud: TokenClaims['aud'], wanted: readonly string[]): boolean {
  if (typeof aud === 'string') return wanted.includes(aud)
  return aud?.some(name => wanted.includes(name)) === true
}

export function badClaim(claim: string, problem: string): TokenError {
  return new TokenError('ERR_TOKEN_CLAIM', `the token's claim "${claim}" ${problem}`, { claim })
}

function checkText(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'string') throw badClaim(name, 'is not a string')
}

function checkNumericDate(name: string, value: unknown): void {
  if (value === undefined) return
  if (typeof value !== 'number' || !Number.isFinite(value) || Math.abs(value) > maxNumericDate) {
    throw badClaim(name, 'is not a number of seconds')
  }
}

function isAudience(value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) && value.every(item => typeof item === 'string'))
}
