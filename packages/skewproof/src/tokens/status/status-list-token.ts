import { checkClaimTypes, requireClaims, timeClaimsOf } from '../claims.ts'
import type { TimeClaims } from '../decision.ts'
import { TokenError } from '../errors.ts'
import { type ParsedJws, parsePayload, signToken } from '../jws/index.ts'
import type { SigningKey } from '../keys/index.ts'
import { decodeStatusList, encodeStatusList, type StatusList } from './status-list.ts'

/** The header's `typ` of a Status List Token, and with `application/` its media type (section 5.1). */
export const statusListType = 'statuslist+jwt'

export interface StatusListTokenClaims {
  readonly issuer: string
  /** Where it is published: `sub`. */
  readonly uri: string
  readonly iat: number
  readonly exp: number
  readonly iatErrSeconds?: number | undefined
  /** For how long it may be cached, seconds. */
  readonly ttlSeconds: number
}

/** What a Status List Token says. */
export interface StatusListToken {
  readonly list: StatusList
  readonly times: TimeClaims & { readonly iat: number }
  readonly ttlSeconds: number | undefined
}

export function signStatusListToken(
  key: SigningKey,
  { issuer, uri, iat, exp, iatErrSeconds, ttlSeconds }: StatusListTokenClaims,
  list: StatusList,
): string {
  return signToken(
    key,
    { typ: statusListType },
    {
      iss: issuer,
      sub: uri,
      iat,
      exp,
      ...(iatErrSeconds !== undefined && { iat_err: iatErrSeconds }),
      ttl: ttlSeconds,
      status_list: encodeStatusList(list),
    },
  )
}

/** @throws TokenError `ERR_TOKEN_MALFORMED` */
export function checkStatusListType({ header }: ParsedJws): void {
  const typ = header.typ?.toLowerCase().replace(/^application\//, '')
  if (typ !== statusListType) {
    throw new TokenError('ERR_TOKEN_MALFORMED', `what was fetched is not a ${statusListType} ("typ")`)
  }
}

/**
 * Reads a Status List Token whose signature has been verified (sections 5.1 and 8.3). Its times are still to be judged.
 *
 * @param expected where it was fetched from, and the issuer of the tokens on it
 * @throws TokenError `ERR_TOKEN_MALFORMED` or `ERR_TOKEN_CLAIM`
 */
export function readStatusListToken(
  { payload }: ParsedJws,
  expected: { readonly uri: string; readonly issuer: string; readonly maxListBytes?: number },
): StatusListToken {
  const claims = checkClaimTypes(parsePayload(payload))
  requireClaims(claims, ['sub', 'iat', 'status_list'])
  if (claims.sub !== expected.uri) throw refused('sub', 'is not the address that it was fetched from')
  if (claims.iss !== undefined && claims.iss !== expected.issuer) throw refused('iss', 'names another issuer')
  const { ttl: ttlSeconds } = claims
  if (ttlSeconds !== undefined && !isPositive(ttlSeconds)) throw refused('ttl', 'is not a positive number')
  const times = timeClaimsOf(claims)
  const { iat } = times
  if (iat === undefined) throw refused('iat', 'is missing')
  return {
    list: decodeStatusList(claims['status_list'], expected.maxListBytes),
    times: { ...times, iat },
    ttlSeconds,
  }
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}

function refused(claim: string, problem: string): TokenError {
  return new TokenError('ERR_TOKEN_CLAIM', `the status list's claim "${claim}" ${problem}`, { claim })
}
