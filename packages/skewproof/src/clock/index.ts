export { AnchoredClock, type AnchoredClockOptions, type ClockEvents } from './anchored.ts'
export {
  BoundedClock,
  type BoundedClockEvents,
  type BoundedClockOptions,
  createClock,
  type Schedule,
  type SourceStatus,
} from './bounded.ts'
export type { Clock, ClockReading, ClockStatus } from './clock.ts'
export { isReliable } from './clock.ts'
export type { SourceStanding } from './ensemble.ts'
export { type Fusion, fuse, type SourceInterval } from './fusion.ts'
export type { HostClock } from './host.ts'
export { ManualClock, ManualHostClock, type ManualReading } from './manual.ts'
export { monotoneClock } from './monotone.ts'
export {
  type MeasureContext,
  SourceError,
  type SourceErrorReason,
  type TimeSample,
  type TimeSource,
} from './source.ts'
export { systemHostClock } from './system.ts'
export { unsynchronizedClock } from './unsynchronized.ts'
