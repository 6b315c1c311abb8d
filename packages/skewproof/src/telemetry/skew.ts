import type { Verification } from '../tokens/observation.ts'

/**
 * How far the issuer's clock is ahead of the verifier's, ms; negative: behind. Exact where a store that both share can tell;
 * else what the token itself shows: how far its `iat` lies in the future, and 0 when it does not. `undefined` for tokens that
 * may be anybody's.
 */
export function arrivalSkewMs({ claims, clock, issuerOffsetMs }: Verification): number | undefined {
  if (issuerOffsetMs !== undefined) return issuerOffsetMs
  return claims?.iat === undefined ? undefined : Math.max(0, claims.iat * 1000 - clock.timeMs)
}
