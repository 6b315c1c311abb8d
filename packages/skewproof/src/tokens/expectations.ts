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
}

/** What a token must say, besides its signature and its times. */
export class Expectations {
  readonly issuer: string
  readonly #audiences: readonly string[] | null
  readonly #types: readonly (string | null)[]
  readonly #requiredClaims: readonly string[]

  /** @throws OptionError when one cannot be used */
  constructor({ issuer, audience, types = ['at+jwt', 'JWT', null], requiredClaims }: ExpectationOptions) {
    this.issuer = requireText('issuer', issuer)
    this.#audiences = audiencesOf(audience)
    this.#types = types.map(normalizeType)
    this.#requiredClaims = requiredClaims ?? ['exp']
  }

  /** @throws TokenError `ERR_TOKEN_MALFORMED` */
  checkHeader({ typ = null }: { readonly typ?: JwsHeader['typ'] | null }): void {
    if (!this.#types.includes(typ) && !this.#types.includes(normalizeType(typ))) {
      throw new TokenError('ERR_TOKEN_MALFORMED', 'the token is not of an accepted type ("typ")')
    }
  }

  /** @throws TokenError `ERR_TOKEN_CLAIM` */
  checkClaims(claims: TokenClaims): void {
    if (claims.iss !== this.issuer) throw badClaim('iss', 'does not name the expected issuer')
    if (this.#audiences !== null && !audienceMatches(claims.aud, this.#audiences)) {
      throw badClaim('aud', 'does not name the expected audience')
    }
    requireClaims(claims, this.#requiredClaims)
  }
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
