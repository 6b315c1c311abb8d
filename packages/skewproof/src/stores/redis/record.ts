import type { TokenRecord } from '../../tokens/store.ts'
import { listOf, numberOf, textOf, unreadable } from './reply.ts'

/** A token as it is stored; it never changes. */
export interface StoredToken extends TokenRecord {
  /** By the store's clock. */
  readonly addedAtMs: number
}

/**
 * All but what is in the key: `[subject, iat, lifetime, tolerance, family, client, scope, list, place]`; the script puts the
 * time before it.
 */
export function formatToken(record: TokenRecord): string {
  const { subject, issuedAtSeconds, lifetimeMs, toleranceMs, familyId, clientId, scope, status } = record
  const optional = [familyId, clientId, scope, status?.list, status?.index]
  const fields = [subject, issuedAtSeconds, lifetimeMs, toleranceMs, ...optional]
  while (fields.at(-1) === undefined) fields.pop()
  return JSON.stringify(fields)
}

/** @throws TokenError `ERR_STORE_UNAVAILABLE` when it is not what `formatToken` wrote */
export function parseToken(jti: string, text: string): StoredToken {
  const space = text.indexOf(' ')
  const addedAtMs = numberOf(Number(text.slice(0, space)))
  const [subject, iat, lifetimeMs, toleranceMs, familyId, clientId, scope, list, index] = listOf(
    parse(text.slice(space)),
  )
  return {
    jti,
    subject: textOf(subject),
    ...(isPresent(familyId) && { familyId: textOf(familyId) }),
    ...(isPresent(clientId) && { clientId: textOf(clientId) }),
    ...(isPresent(scope) && { scope: textOf(scope) }),
    ...(isPresent(list) && { status: { list: textOf(list), index: numberOf(index) } }),
    issuedAtSeconds: numberOf(iat),
    lifetimeMs: numberOf(lifetimeMs),
    toleranceMs: numberOf(toleranceMs),
    addedAtMs,
  }
}

/** What a script needs to tell whether the token is live. */
export function describeState(token: StoredToken): readonly (string | number)[] {
  const { jti, familyId = '', addedAtMs, issuedAtSeconds } = token
  return [jti, familyId, addedAtMs, diesAtMs(token), issuedAtSeconds]
}

function diesAtMs({ addedAtMs, lifetimeMs, toleranceMs }: StoredToken): number {
  return addedAtMs + lifetimeMs + toleranceMs
}

function isPresent(field: unknown): boolean {
  return field !== undefined && field !== null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unreadable(error)
  }
}
