export { AnchoredClock, type AnchoredClockOptions, type ClockEvents } from './anchored.ts'
export type { Clock, ClockReading, ClockStatus } from './clock.ts'
export { isReliable } from './clock.ts'
export type { HostClock } from './host.ts'
export { ManualClock, ManualHostClock, type ManualReading } from './manual.ts'
export {
  type MeasureContext,
  SourceError,
  type SourceErrorReason,
  type TimeSample,
  type TimeSource,
} from './source.ts'
export { systemHostClock } from './system.ts'
export { unsynchronizedClock } from './unsynchronized.ts'
