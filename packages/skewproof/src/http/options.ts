import type { Clock } from '../clock/clock.ts'
import { OptionError } from '../time/index.ts'
import type { TokenClaims } from '../tokens/claims.ts'
import type { Verifier } from '../tokens/verifier.ts'
import type { Protection } from './refusal.ts'
import { defaultRealm } from './refusal.ts'

/** What verifies: a token service, or a verifier of some issuer's tokens. */
export type TokenVerification<Claims extends TokenClaims> = Pick<Verifier<Claims>, 'verify'> &
  Partial<Pick<Verifier<Claims>, 'verifyCached'>>

/** Where a token is looked for. A function is given the framework's own request, and gives `null` or nothing when it has none. */
export type TokenPlace<Request> =
  | 'header'
  | { readonly cookie: string }
  | ((request: Request) => string | null | undefined)

interface CommonTokenOptions<Request> {
  /** All of these scopes are needed; a string may name several, separated by spaces. */
  scope?: string | readonly string[] | undefined
  /** The token must name one of these, besides what its verifier asks for. */
  audience?: string | readonly string[] | undefined
  /** Where the token is. Of a list, each is looked at, and a request with more than one token is refused. Default `'header'`. */
  from?: TokenPlace<Request> | readonly TokenPlace<Request>[] | undefined
  /**
   * `'answer'` (the default): a refusal is answered at once. `'pass'`: it goes to the framework's own error handling, as an
   * `HttpError`.
   */
  refusals?: 'answer' | 'pass' | undefined
  /** The protection space that the challenge names. Default `skewproof`. */
  realm?: string | undefined
}

/** `tokens` or `verifier`, and what else a request needs. */
export type TokenOptions<
  Claims extends TokenClaims,
  Request,
  Optional extends boolean,
> = CommonTokenOptions<Request> &
  (
    | { tokens: TokenVerification<Claims>; verifier?: undefined }
    | { verifier: TokenVerification<Claims>; tokens?: undefined }
  ) & {
    /** Requests without credentials pass, too. A token that is sent must be good all the same. */
    optional?: Optional | undefined
    /** What a token grants, where that is not what its claim `scope` says: `claims => claims.permissions`. */
    granted?: ((claims: Claims) => unknown) | undefined
  }

export interface ClockOptions {
  clock: Clock
}

/** The options of a guard, checked. */
export interface Rules<Claims extends TokenClaims, Request> {
  readonly verification: TokenVerification<Claims>
  readonly scopes: readonly string[]
  readonly grantedBy: (claims: Claims) => unknown
  readonly audiences: readonly string[] | undefined
  readonly isOptional: boolean
  readonly places: readonly TokenPlace<Request>[]
  readonly isPassed: boolean
  readonly protection: Protection
}

/** RFC 6749, 3.3. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** RFC 6265, 4.1.1; RFC 9110, 5.6.2. */
const cookieName = /^[\w!#$%&'*+.^`|~-]+$/

/** @throws OptionError when one cannot be used */
export function readTokenOptions<Claims extends TokenClaims, Request>(
  options: TokenOptions<Claims, Request, boolean>,
): Rules<Claims, Request> {
  const { tokens, verifier, audience, from = 'header', optional = false, refusals = 'answer' } = options
  const { granted = ({ scope }: Claims) => scope } = options
  const verification = tokens ?? verifier
  if (verification === undefined || (tokens !== undefined && verifier !== undefined))
    throw new OptionError('tokens', 'give either tokens (a token service) or verifier')
  if (typeof verification.verify !== 'function')
    throw new OptionError('tokens', 'it must have the method verify')
  if (typeof optional !== 'boolean') throw new OptionError('optional', 'use true or false')
  if (refusals !== 'answer' && refusals !== 'pass')
    throw new OptionError('refusals', "use 'answer' or 'pass'")
  if (typeof granted !== 'function') throw new OptionError('granted', 'use a function of the claims')
  const scopes = readScopes(options.scope)
  return {
    verification,
    scopes,
    grantedBy: granted,
    audiences: audience === undefined ? undefined : readNames('audience', audience),
    isOptional: optional,
    places: readPlaces(from),
    isPassed: refusals === 'pass',
    protection: {
      realm: readRealm(options.realm),
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    },
  }
}

function readScopes(scope: string | readonly string[] | undefined): readonly string[] {
  if (scope === undefined) return []
  const scopes = readNames('scope', scope).flatMap(names => names.split(' '))
  if (!scopes.every(name => scopeToken.test(name)))
    throw new OptionError('scope', 'use names of printable ASCII without quotes and backslashes')
  return scopes
}

function readNames(option: string, names: string | readonly string[]): readonly string[] {
  const list = typeof names === 'string' ? [names] : names
  if (!Array.isArray(list) || list.length === 0 || !list.every(isName))
    throw new OptionError(option, 'give a name, or a list of names')
  return list
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function readPlaces<Request>(
  from: TokenPlace<Request> | readonly TokenPlace<Request>[],
): readonly TokenPlace<Request>[] {
  const places = isList(from) ? from : [from]
  if (places.length === 0 || !places.every(isPlace))
    throw new OptionError('from', "use 'header', { cookie: 'name' }, a function of the request, or a list")
  return places
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value)
}

function isPlace<Request>(place: TokenPlace<Request>): boolean {
  if (place === 'header' || typeof place === 'function') return true
  return typeof place === 'object' && place !== null && cookieName.test(place.cookie)
}

function readRealm(realm: string = defaultRealm): string {
  if (typeof realm !== 'string' || !/^[\x20-\x7e]+$/.test(realm))
    throw new OptionError('realm', 'use printable ASCII')
  return realm
}
