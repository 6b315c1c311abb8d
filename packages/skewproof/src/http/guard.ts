import { audienceMatches, type TokenClaims } from '../tokens/claims.ts'
import { TokenError } from '../tokens/errors.ts'
import type { VerifiedToken } from '../tokens/verifier.ts'
import {
  bearerCredentials,
  type Credentials,
  cookieCredentials,
  onlyOne,
  type RequestFields,
} from './credentials.ts'
import { HttpError } from './http-error.ts'
import { readTokenOptions, type TokenOptions, type TokenPlace } from './options.ts'
import {
  insufficientScope,
  malformedCredentials,
  missingToken,
  type Protection,
  refusedToken,
  wrongAudience,
} from './refusal.ts'

/** What a handler is given: without a token only where that is optional. */
export type Admitted<Claims extends TokenClaims, Optional extends boolean> =
  | VerifiedToken<Claims>
  | (Optional extends true ? undefined : never)

/** The outcome for one request. `isPassed`: the refusal is the framework's to answer. */
export type Admission<Claims extends TokenClaims, Optional extends boolean> =
  | { readonly token: Admitted<Claims, Optional>; readonly refusal?: undefined }
  | { readonly refusal: HttpError; readonly isPassed: boolean }

/**
 * Whether a request may pass.
 *
 * Rejects with what `from` threw, or what a verifier throws that is no `TokenError`: defects, and not to be told to callers.
 */
export type Guard<Claims extends TokenClaims, Request, Optional extends boolean> = (
  fields: RequestFields,
  request: Request,
) => Promise<Admission<Claims, Optional>>

/**
 * The decision that all adapters share: credentials, then the verifier, then audience and scope.
 *
 * @throws OptionError when an option cannot be used
 */
export function createGuard<Claims extends TokenClaims, Request, Optional extends boolean = false>(
  options: TokenOptions<Claims, Request, Optional>,
): Guard<Claims, Request, Optional> {
  const { verification, scopes, grantedBy, audiences, isOptional, places, isPassed, protection } =
    readTokenOptions(options)

  /** @throws HttpError when there are none, and they are needed, or they cannot be read */
  function findToken(fields: RequestFields, request: Request): string | undefined {
    const found = onlyOne(places.map(place => look(place, fields, request)))
    if (found.kind === 'token') return found.token
    if (found.kind === 'malformed') throw malformedCredentials(found.problem, protection)
    if (isOptional) return undefined
    throw missingToken(protection)
  }

  return async (fields, request) => {
    try {
      const found = findToken(fields, request)
      // Without a token only if `isOptional`, which is what the type says.
      if (found === undefined) return { token: undefined as Admitted<Claims, Optional> }
      // What is known already is not waited for.
      const token = verification.verifyCached?.(found) ?? (await verification.verify(found))
      requireAudience(token.claims, audiences, protection)
      requireScope(grantedBy(token.claims), scopes, protection)
      return { token }
    } catch (error) {
      return { refusal: asRefusal(error, protection), isPassed }
    }
  }
}

/**
 * @param granted the scopes that the token has: a text with spaces between (RFC 6749, 3.3), or a list
 * @throws HttpError 403, unless all that is wanted is among them
 */
export function requireScope(granted: unknown, wanted: readonly string[], protection: Protection): void {
  if (wanted.length === 0) return
  const names: readonly unknown[] =
    typeof granted === 'string' ? granted.split(' ') : Array.isArray(granted) ? granted : []
  if (!wanted.every(name => names.includes(name))) throw insufficientScope(wanted.join(' '), protection)
}

/** @throws HttpError 403, unless the token names one of the audiences */
export function requireAudience(
  { aud }: TokenClaims,
  wanted: readonly string[] | undefined,
  protection: Protection,
): void {
  if (wanted !== undefined && !audienceMatches(aud, wanted)) throw wrongAudience(protection)
}

function look<Request>(place: TokenPlace<Request>, fields: RequestFields, request: Request): Credentials {
  if (place === 'header') return bearerCredentials(fields)
  if (typeof place === 'object') return cookieCredentials(fields, place.cookie)
  const token = place(request) ?? ''
  return token === '' ? { kind: 'none' } : { kind: 'token', token }
}

function asRefusal(error: unknown, protection: Protection): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof TokenError) return refusedToken(error, protection)
  throw error
}
