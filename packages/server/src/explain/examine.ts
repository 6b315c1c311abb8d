import {
  type ClockReading,
  type KeySource,
  type ParsedJws,
  parseJws,
  parsePayload,
  readTimeClaims,
  TokenError,
  type TokenErrorCode,
  verifySignature,
} from 'skewproof'
import { type Explanation, explain } from './explain.ts'

/** What is said of a token that can be read. */
export interface ExaminedToken extends Explanation {
  readonly signature: Signature
  readonly clock: { readonly status: string; readonly timeMs: number; readonly errorMs: number | null }
}

export type Signature = 'valid' | 'invalid' | 'unchecked'

/** What is said of a text that is no token. */
export interface MalformedToken {
  readonly verdict: 'malformed'
  readonly code: TokenErrorCode
  readonly claims: Readonly<Record<string, never>>
  readonly reasons: readonly {
    readonly claim: string | null
    readonly byMs: null
    readonly culprit: 'none'
    readonly message: string
  }[]
  readonly policies: readonly never[]
}

/** A token, read but not judged. */
export interface ReadToken {
  readonly jws: ParsedJws
  readonly claims: Readonly<Record<string, unknown>>
}

/** Reads a token; a text that is none is a finding, too. */
export function readToken(token: string): ReadToken | MalformedToken {
  try {
    const jws = parseJws(token)
    const claims = parsePayload(jws.payload)
    readTimeClaims(claims)
    return { jws, claims }
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    const { code, claim = null, message } = error
    const reason = { claim, byMs: null, culprit: 'none' as const, message }
    return { verdict: 'malformed', code, claims: {}, reasons: [reason], policies: [] }
  }
}

/** Why a token would be accepted or refused, on one reading of the clock: the answer of the command and of the service. */
export function describeToken(
  { claims }: ReadToken,
  signature: Signature,
  reading: ClockReading,
  wallMs: number,
): ExaminedToken {
  const { status, timeMs, errorMs } = reading
  return {
    ...explain(claims, readTimeClaims(claims), reading, wallMs),
    signature,
    clock: { status, timeMs, errorMs: Number.isFinite(errorMs) ? errorMs : null },
  }
}

/** @throws TokenError `ERR_KEYS_UNAVAILABLE` when the keys cannot be fetched */
export async function checkSignature({ jws }: ReadToken, keys: KeySource): Promise<'valid' | 'invalid'> {
  const { kid, alg } = jws.header
  try {
    const key = keys.find(kid, alg) ?? (await keys.refresh(kid, alg))
    return key !== undefined && verifySignature(jws, key) ? 'valid' : 'invalid'
  } catch (error) {
    if (error instanceof TokenError && error.httpStatus === 401) return 'invalid'
    throw error
  }
}
