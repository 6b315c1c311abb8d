/**
 * How far a reading can be relied on.
 *
 * - `synchronized`: enough sources agree and are fresh.
 * - `holdover`: they were, and the bound has grown since.
 * - `disrupted`: the wall clock stepped or the machine was suspended, and nothing has been measured since.
 * - `agreement`: nobody in the fleet knows UTC; the reading is the time that its nodes have in common.
 * - `unsynchronized`: nothing can be said; the reading is the wall clock.
 */
export type ClockStatus = 'synchronized' | 'holdover' | 'disrupted' | 'agreement' | 'unsynchronized'

/** True time lies in `[timeMs - errorMs, timeMs + errorMs]`. */
export interface ClockReading {
  /** Best estimate of true time, ms since the Unix epoch. */
  readonly timeMs: number
  /** Half-width of the interval that holds true time; `Infinity` in `agreement` and when `unsynchronized`. */
  readonly errorMs: number
  readonly status: ClockStatus
}

/** The one way that code here learns what time it is. */
export interface Clock {
  /** Synchronous, without I/O. Read it once per decision and pass the reading on. */
  now(): ClockReading
}

/** Whether the reading's bound may be used in a decision. */
export function isReliable(reading: Pick<ClockReading, 'status'>): boolean {
  return reading.status === 'synchronized' || reading.status === 'holdover'
}
