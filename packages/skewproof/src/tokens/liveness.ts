import type { ClockReading } from '../clock/clock.ts'
import { badClaim } from './claims.ts'
import type { TimeDecision } from './decision.ts'
import { storeUnavailable, TokenError } from './errors.ts'
import { timeRefusal } from './refusal.ts'
import type { LiveToken, TokenStore } from './store.ts'

/**
 * What the store knows of a token; `undefined` when it is not live.
 *
 * @throws TokenError `ERR_STORE_UNAVAILABLE`; `ERR_TOKEN_CLAIM` when the token has no `jti`
 */
export async function findLive(store: TokenStore, jti: string | undefined): Promise<LiveToken | undefined> {
  if (jti === undefined) throw badClaim('jti', 'is missing: without it the store cannot know the token')
  try {
    return await store.findToken(jti)
  } catch (error) {
    throw asStoreError(error)
  }
}

/**
 * Why a token that the store does not know as live is refused. One that died of age is not in the store either; a clock that
 * is wrong must not take it for one revoked.
 *
 * @throws TokenError `ERR_STORE_UNAVAILABLE`
 */
export async function refusalOfDead(
  store: TokenStore,
  jti: string | undefined,
  decision: TimeDecision,
  reading: ClockReading,
): Promise<TokenError> {
  try {
    const isOld = decision.verdict === 'expired' && !(await store.wasRevoked(jti ?? ''))
    if (isOld) return timeRefusal(decision, reading)
  } catch (error) {
    throw asStoreError(error)
  }
  return wasRevoked(reading)
}

export function wasRevoked(reading: ClockReading): TokenError {
  return new TokenError('ERR_TOKEN_REVOKED', 'the token was revoked, or is not in the store', {
    clock: reading,
  })
}

function asStoreError(error: unknown): TokenError {
  return error instanceof TokenError ? error : storeUnavailable('it failed', error)
}
