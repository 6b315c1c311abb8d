export type { RequestFields } from './credentials.ts'
export { headerFields } from './fetch/response.ts'
export {
  type Admission,
  type Admitted,
  createGuard,
  type Guard,
  requireAudience,
  requireScope,
} from './guard.ts'
export { HttpError, type HttpErrorDetails } from './http-error.ts'
export { type NodeRequest, nodeFields, receivedFields } from './node/message.ts'
export type { ClockOptions, TokenOptions, TokenPlace, TokenVerification } from './options.ts'
export { type Problem, type ProblemEvidence, problem, problemType } from './problem.ts'
export { asciiOnly, defaultRealm, type Protection, refusedToken } from './refusal.ts'
export {
  type ClockBody,
  clockBody,
  exposedFields,
  type HealthBody,
  healthBody,
  serverTimeValue,
  uncached,
  type WallAwareClock,
} from './time.ts'
