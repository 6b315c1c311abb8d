export { readTimeClaims, type TokenClaims } from './claims.ts'
export { createVerifier, type VerifierOptions } from './create-verifier.ts'
export {
  judgeTime,
  type StoreAge,
  type TimeClaim,
  type TimeClaims,
  type TimeDecision,
  type TimeVerdict,
  type Window,
} from './decision.ts'
export { type Culprit, TokenError, type TokenErrorCode, type TokenErrorDetails } from './errors.ts'
export {
  createIssuer,
  type IssuedToken,
  type IssueOptions,
  type Issuer,
  type IssuerOptions,
} from './issuer.ts'
export {
  type DecodedToken,
  decodeToken,
  type JwsHeader,
  type ParsedJws,
  parseJws,
  parsePayload,
  signJws,
  signToken,
  verifySignature,
} from './jws/index.ts'
export * from './keys/index.ts'
export type { Emitter } from './listeners.ts'
export type { Issuance, Revocation, TokenServiceEvents, Verification, VerifierEvents } from './observation.ts'
export { type ObservedStore, observeStore } from './observed-store.ts'
export { type TimePolicy, type TimePolicyOptions, timePolicy } from './policy.ts'
export { describeRefusal, isRefused } from './refusal.ts'
export { createTokenService } from './service.ts'
export * from './status/index.ts'
export type { StoreOperation, StoreOperationName } from './store-operations.ts'
export {
  RefreshError,
  type RefreshTokenInfo,
  type ServiceIssueOptions,
  type TokenResponse,
  type TokenService,
  type TokenServiceOptions,
} from './token-service.ts'
export type { VerificationOptions, VerifiedToken, Verifier } from './verifier.ts'
