export { type DetectClockSkewOptions, detectClockSkew } from './detect-clock-skew.ts'
export type { Device } from './device.ts'
export { ClientError, type ClientErrorCode } from './errors.ts'
export type { TokenStorage } from './keeper.ts'
export { createServiceClient, type ServiceClientOptions } from './service-client.ts'
export type { ClockSkew } from './skew.ts'
export {
  createTokenClient,
  type TokenClient,
  type TokenClientEvent,
  type TokenClientOptions,
  type TokenClientState,
} from './token-client.ts'
export type { TokenResponse } from './tokens.ts'
