export { AnchoredClock, type AnchoredClockOptions, type ClockEvents } from './anchored.ts'
export {
  BoundedClock,
  type BoundedClockEvents,
  type BoundedClockOptions,
} from './bounded.ts'
export type { Clock, ClockReading, ClockStatus } from './clock.ts'
export { isReliable } from './clock.ts'
export { type CreateClockOptions, createClock } from './create-clock.ts'
export { type AbsentVotes, type Fusion, fuse, type SourceInterval } from './fusion.ts'
export type { HostClock } from './host.ts'
export { ManualClock, ManualHostClock, type ManualReading } from './manual.ts'
export { monotoneClock } from './monotone.ts'
export type { Schedule } from './schedule.ts'
export {
  type AskingClock,
  type MeasureContext,
  SourceError,
  type SourceErrorReason,
  type SourceStanding,
  type SourceSummary,
  type TimeSample,
  type TimeSource,
} from './source.ts'
export type { SourceStatus } from './source-status.ts'
export { systemHostClock } from './system.ts'
export { unsynchronizedClock } from './unsynchronized.ts'
