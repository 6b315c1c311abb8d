export { type DetectClockSkewOptions, detectClockSkew } from './detect-clock-skew.ts'
export type { Device } from './device.ts'
export { ClientError, type ClientErrorCode } from './errors.ts'
export type { ClockSkew } from './skew.ts'
