import type { Clock } from '../clock/clock.ts'
import { type Duration, OptionError, parseDurationMs } from '../time/index.ts'
import { isDeeperThan, maxClaimsDepth, type TokenClaims } from './claims.ts'
import { newIdentifier } from './identifiers.ts'
import { signJws } from './jws/index.ts'
import type { SigningKey } from './keys/index.ts'
import { requireText } from './options.ts'
import { statedErrorSeconds } from './stated-error.ts'
import { formatStatus, type StatusReference } from './status/reference.ts'

export interface IssueOptions {
  subject: string
  /** Default 1 hour. */
  expiresIn?: Duration | undefined
  /** Default: the issuer's. */
  audience?: string | readonly string[] | undefined
  /** Space-separated (RFC 6749, 3.3). */
  scope?: string | undefined
  clientId?: string | undefined
  /** Further claims. The registered ones have options of their own. */
  claims?: Readonly<Record<string, unknown>> | undefined
}

export interface IssuedToken {
  readonly token: string
  readonly jti: string
  readonly claims: TokenClaims
  /** What the token's owner is told: it lives at least this long. */
  readonly expiresInSeconds: number
  /** From now until `exp`, by the issuer's clock. */
  readonly lifetimeMs: number
  /** Where its status is published, when it is. */
  readonly status: StatusReference | undefined
}

export interface IssuerOptions {
  /** The `iss` of all tokens. */
  issuer: string
  /** The `aud` of tokens that are issued without one. */
  audience?: string | readonly string[] | undefined
  /** The key that signs, or how to get it. */
  key: SigningKey | (() => Promise<SigningKey>)
  clock: Clock
  /** No token lives longer. Default 30 days. */
  maxExpiresIn?: Duration | undefined
  /** Where the status of a token that lives for `lifetimeMs` is published; asked for each token. Default: nowhere. */
  status?: ((lifetimeMs: number) => Promise<StatusReference>) | undefined
}

/** Signs tokens; it keeps no record of them. */
export interface Issuer {
  /** @throws OptionError when an option cannot be used */
  issue(options: IssueOptions): Promise<IssuedToken>
}

/** Claims that have options of their own. */
const reservedClaims = [
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'iat_err',
  'jti',
  'client_id',
  'scope',
  'status',
  '__proto__',
]

/** A token that is longer would not fit into the header of most servers; verifiers refuse it. */
const maxClaimsLength = 4096

/**
 * Issues JWTs in the profile of RFC 9068.
 *
 * @throws OptionError when an option cannot be used
 */
export function createIssuer(options: IssuerOptions): Issuer {
  const issuer = requireText('issuer', options.issuer)
  const maxExpiresInMs = parseDurationMs('maxExpiresIn', options.maxExpiresIn ?? '30d', { minMs: 1000 })
  const { key, clock } = options
  const findKey = typeof key === 'function' ? key : async () => key

  return {
    async issue(request) {
      const subject = requireText('subject', request.subject, 256)
      const expiresInMs = parseDurationMs('expiresIn', request.expiresIn ?? '1h', {
        minMs: 1000,
        maxMs: maxExpiresInMs,
      })
      const extra = checkExtraClaims(request.claims ?? {})
      const audience = request.audience ?? options.audience
      if (audience === undefined)
        throw new OptionError('audience', 'name the audience, here or for the issuer')
      const status = await options.status?.(expiresInMs)
      const signingKey = await findKey()
      const reading = clock.now()
      const exp = Math.ceil((reading.timeMs + expiresInMs) / 1000)
      const errorSeconds = statedErrorSeconds(reading)
      const claims: TokenClaims = {
        ...extra,
        iss: issuer,
        sub: subject,
        aud: audience,
        exp,
        iat: Math.floor(reading.timeMs / 1000),
        ...(errorSeconds !== undefined && { iat_err: errorSeconds }),
        jti: newIdentifier(subject),
        ...(request.clientId !== undefined && { client_id: request.clientId }),
        ...(request.scope !== undefined && { scope: request.scope }),
        ...(status !== undefined && { status: formatStatus(status) }),
      }
      const payload = encodeClaims(claims)
      if (payload.length > maxClaimsLength) {
        throw new OptionError('claims', `with them the token holds more than ${maxClaimsLength} bytes`)
      }
      if (isDeeperThan(maxClaimsDepth, claims)) {
        throw new OptionError('claims', `they are nested more than ${maxClaimsDepth} levels deep`)
      }
      return {
        token: signJws(signingKey, payload, 'at+jwt'),
        jti: claims.jti ?? '',
        claims,
        expiresInSeconds: Math.floor(expiresInMs / 1000),
        lifetimeMs: exp * 1000 - reading.timeMs,
        status,
      }
    },
  }
}

function encodeClaims(claims: TokenClaims): Buffer {
  try {
    return Buffer.from(JSON.stringify(claims))
  } catch {
    // A cycle, a BigInt, or more levels than the stack has room for.
    throw new OptionError('claims', 'they cannot be written as JSON')
  }
}

function checkExtraClaims(claims: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw new OptionError('claims', 'it must be an object')
  }
  const reserved = Object.keys(claims).find(name => reservedClaims.includes(name))
  if (reserved !== undefined) {
    throw new OptionError('claims', `"${reserved}" is set by the issuer, or has an option of its own`)
  }
  return claims
}
