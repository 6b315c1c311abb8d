import type { Attributes } from '@opentelemetry/api'
import type { Verification } from '../tokens/observation.ts'
import { arrivalSkewMs } from './skew.ts'

/** What names a token or a person: on spans only as far as it is asked for. */
export type Identity = 'jti' | 'subject'

/** What a span says of a verification. Instants are seconds since the epoch, so that they can be compared. */
export function spanAttributes(verification: Verification, identities: ReadonlySet<Identity>): Attributes {
  const { code, culprit, clock, claims } = verification
  const skewMs = arrivalSkewMs(verification)
  return {
    'server.time': clock.timeMs / 1000,
    'clock.status': clock.status,
    ...(Number.isFinite(clock.errorMs) && { 'clock.error_bound_seconds': clock.errorMs / 1000 }),
    ...(skewMs !== undefined && { 'clock.skew_seconds': skewMs / 1000 }),
    ...(claims?.iat !== undefined && { 'token.issued_at': claims.iat }),
    ...(code !== undefined && { 'token.error': code }),
    ...(culprit !== undefined && { 'token.culprit': culprit }),
    ...(claims?.jti !== undefined && identities.has('jti') && { 'token.jti': claims.jti }),
    ...(claims?.sub !== undefined && identities.has('subject') && { 'enduser.id': claims.sub }),
  }
}
