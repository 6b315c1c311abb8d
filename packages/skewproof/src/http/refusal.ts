import type { TokenError, TokenErrorCode } from '../tokens/errors.ts'
import { HttpError } from './http-error.ts'
import { uncached } from './time.ts'

/** What a challenge says of the resource (RFC 6750, section 3). */
export interface Protection {
  readonly realm: string
  /** All of these are needed, separated by spaces. */
  readonly scope?: string | undefined
}

/** The protection space of everything that does not name another. */
export const defaultRealm = 'skewproof'

/** The challenges of RFC 6750, section 3.1. */
type BearerError = 'invalid_request' | 'invalid_token' | 'insufficient_scope'

/** Why a signature failed is nobody's business: all of these are told as the first. */
const oracles: ReadonlySet<TokenErrorCode> = new Set([
  'ERR_TOKEN_SIGNATURE',
  'ERR_TOKEN_KEY_UNKNOWN',
  'ERR_TOKEN_ALGORITHM',
])

/** No credentials were sent: the challenge carries no error (RFC 6750, 3.1). */
export function missingToken(protection: Protection): HttpError {
  return refused(401, 'ERR_TOKEN_MISSING', 'the request carries no bearer token', protection)
}

/** Credentials that no token can be read from. */
export function malformedCredentials(problem: string, protection: Protection): HttpError {
  return refused(400, 'ERR_REQUEST', problem, protection, 'invalid_request')
}

export function insufficientScope(scope: string, protection: Protection): HttpError {
  const wanted = { ...protection, scope }
  return refused(403, 'ERR_SCOPE', `the token lacks the scope ${scope}`, wanted, 'insufficient_scope')
}

export function wrongAudience(protection: Protection): HttpError {
  const message = 'the token is not meant for this audience'
  return refused(403, 'ERR_AUDIENCE', message, protection, 'insufficient_scope')
}

/** What a token's refusal answers: by how much, and whose clock; 503 when the store or the keys cannot be asked. */
export function refusedToken(error: TokenError, protection: Protection = { realm: defaultRealm }): HttpError {
  const { code, claim, byMs, culprit, retryAfterSeconds = 1 } = error
  if (error.httpStatus === 503) {
    const headers = { ...uncached, 'retry-after': String(Math.ceil(retryAfterSeconds)) }
    return new HttpError(503, code, error.message, { headers, cause: error })
  }
  const isOracle = oracles.has(code)
  const message = isOracle ? 'the token is not one of this issuer' : error.message
  return new HttpError(401, isOracle ? 'ERR_TOKEN_SIGNATURE' : code, message, {
    headers: { ...uncached, 'www-authenticate': challenge(protection, 'invalid_token', message) },
    evidence: {
      ...(claim !== undefined && { claim }),
      ...(byMs !== undefined && { byMs: Math.round(byMs) }),
      ...(culprit !== undefined && { culprit }),
    },
    cause: error,
  })
}

/** What `error_description` and `scope` may hold (RFC 6750, section 3): printable ASCII without quotes and backslashes. */
export function asciiOnly(text: string): string {
  return text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?')
}

function refused(
  status: number,
  code: string,
  message: string,
  protection: Protection,
  error?: BearerError,
): HttpError {
  return new HttpError(status, code, message, {
    headers: { ...uncached, 'www-authenticate': challenge(protection, error, message) },
  })
}

function challenge({ realm, scope }: Protection, error?: BearerError, description?: string): string {
  const parameters = [`realm="${quotable(realm)}"`]
  if (error !== undefined) {
    parameters.push(`error="${error}"`, `error_description="${asciiOnly(description ?? '')}"`)
  }
  if (scope !== undefined) parameters.push(`scope="${asciiOnly(scope)}"`)
  return `Bearer ${parameters.join(', ')}`
}

/** RFC 9110, 5.6.4. */
function quotable(text: string): string {
  return text.replace(/["\\]/g, '\\$&')
}
