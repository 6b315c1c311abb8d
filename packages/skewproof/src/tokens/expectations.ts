import { OptionError } from '../time/index.ts'
import { audienceMatches, badClaim, requireClaims, type TokenClaims } from './claims.ts'
import { TokenError } from './errors.ts'
import type { JwsHeader } from './jws/index.ts'
import { requireText } from './options.ts'

export interface ExpectationOptions {
  /** The only issuer that is accepted (`iss`). */
  issuer: string
  /** One of these must be named in `aud`; `null`: it is not checked, and that is meant so. */
  audience: string | readonly string[] | null
  /** Accepted values of the header's `typ`; `null` stands for none. Default `at+jwt`, `JWT` and none. */
  types?: readonly (string | null)[] | undefined
  /** Claims without which a token is refused. Default `exp`. */
  requiredClaims?: readonly string[] | undefined
  /**
   * Further claims by what they must be: this value, or one of these. Of a claim that is a list, one is enough.
   * `{ token_use: 'access', client_id: ['web', 'app'] }`
   */
  claims?: Readonly<Record<string, ClaimValue | readonly ClaimValue[]>> | undefined
}

export type ClaimValue = string | number | boolean

/** Those that have options of their own, and rules. */
const ownRules: ReadonlySet<string> = new Set(['iss', 'aud', 'exp', 'nbf', 'iat', 'iat_err'])

/** What a token must say, besides its signature and its times. */
export class Expectations {
  readonly issuer: string
  readonly #audiences: readonly string[] | null
  readonly #types: readonly (string | null)[]
  readonly #requiredClaims: readonly string[]
  readonly #values: readonly (readonly [name: string, wanted: readonly unknown[]])[]

  /** @throws OptionError when one cannot be used */
  constructor(options: ExpectationOptions) {
    const { issuer, audience, types = ['at+jwt', 'JWT', null], requiredClaims, claims = {} } = options
    this.issuer = requireText('issuer', issuer)
    this.#audiences = audiencesOf(audience)
    this.#types = types.map(normalizeType)
    this.#requiredClaims = requiredClaims ?? ['exp']
    this.#values = Object.entries(claims).map(([name, wanted]) => [name, valuesOf(name, wanted)])
  }

  /** @throws TokenError `ERR_TOKEN_MALFORMED` */
  checkHeader({ typ = null }: { readonly typ?: JwsHeader['typ'] | null }): void {
    if (!this.#types.includes(typ) && !this.#types.includes(normalizeType(typ))) {
      throw new TokenError('ERR_TOKEN_MALFORMED', 'the token is not of an accepted type ("typ")')
    }
  }

  /** @throws TokenError `ERR_TOKEN_CLAIM` */
  checkClaims(claims: TokenClaims): void {
    if (claims.iss !== this.issuer) throw badClaim('iss', otherIssuer(claims.iss, this.issuer))
    if (this.#audiences !== null && !audienceMatches(claims.aud, this.#audiences)) {
      throw badClaim('aud', 'does not name the expected audience')
    }
    requireClaims(claims, this.#requiredClaims)
    for (const [name, wanted] of this.#values) {
      if (!isOneOf(Object.hasOwn(claims, name) ? claims[name] : undefined, wanted)) {
        throw badClaim(name, 'is not one that is expected')
      }
    }
  }
}

/** The slash is what differs most often: some issuers have it, some do not. */
function otherIssuer(named: unknown, expected: string): string {
  const differsInSlash = named === `${expected}/` || `${named}/` === expected
  return `does not name the expected issuer${differsInSlash ? ': it differs in the slash at the end' : ''}`
}

function isOneOf(value: unknown, wanted: readonly unknown[]): boolean {
  return Array.isArray(value) ? value.some(item => wanted.includes(item)) : wanted.includes(value)
}

function valuesOf(name: string, wanted: unknown): readonly unknown[] {
  if (ownRules.has(name)) throw new OptionError('claims', `"${name}" has rules of its own`)
  const values: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted]
  if (values.length === 0 || !values.every(value => ['string', 'number', 'boolean'].includes(typeof value))) {
    throw new OptionError('claims', `give "${name}" a text, a number, true or false, or a list of them`)
  }
  return values
}

function audiencesOf(audience: ExpectationOptions['audience']): readonly string[] | null {
  if (audience === null) return null
  const list = typeof audience === 'string' ? [audience] : audience
  if (!Array.isArray(list) || list.length === 0) {
    throw new OptionError('audience', 'name at least one, or pass null to say that it is not to be checked')
  }
  return list.map(item => requireText('audience', item))
}

/** RFC 7515, 4.1.9: `application/` may be left out, and media types do not depend on case. */
function normalizeType(typ: string | null): string | null {
  return typ === null ? null : typ.toLowerCase().replace(/^application\//, '')
}
