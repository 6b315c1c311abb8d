import type { TokenRecord } from '../../tokens/store.ts'
import { isNothing, listOf, numberOf, textOf } from './reply.ts'

/** A token as it is stored. */
export interface StoredToken extends TokenRecord {
  /** By the store's clock. */
  readonly addedAtMs: number
}

const states = ['dead', 'live', 'revoked'] as const

export interface ReadToken {
  readonly token: StoredToken
  readonly state: (typeof states)[number]
  /** Grows with each token of a shard. */
  readonly sequence: number
}

/** What the script `addToken` is told of it. */
export function formatToken(record: TokenRecord): readonly (string | number)[] {
  const { jti, subject, issuedAtSeconds, lifetimeMs, toleranceMs, familyId, clientId, scope, status } = record
  const optional = [familyId, clientId, scope, status?.list].map(text =>
    text === undefined ? '' : `+${text}`,
  )
  // By a clock that was measured a lifetime is no whole number of ms, which a record has to be short.
  const times = [issuedAtSeconds, Math.ceil(lifetimeMs), Math.ceil(toleranceMs)]
  return [jti, subject, ...times, status?.index ?? '', ...optional]
}

/**
 * What a script answers of a token.
 *
 * @throws TokenError `ERR_STORE_UNAVAILABLE` when it is something else
 */
export function parseToken(answer: unknown): ReadToken {
  const [jti, state, sequence, added, iat, lifetime, tolerance, subject, family, client, scope, list, place] =
    listOf(answer)
  return {
    token: {
      jti: textOf(jti),
      subject: textOf(subject),
      ...(!isNothing(family) && { familyId: textOf(family) }),
      ...(!isNothing(client) && { clientId: textOf(client) }),
      ...(!isNothing(scope) && { scope: textOf(scope) }),
      ...(!isNothing(list) && { status: { list: textOf(list), index: numberOf(place) } }),
      issuedAtSeconds: numberOf(iat),
      lifetimeMs: numberOf(lifetime),
      toleranceMs: numberOf(tolerance),
      addedAtMs: numberOf(added),
    },
    state: states[numberOf(state)] ?? 'revoked',
    sequence: numberOf(sequence),
  }
}
