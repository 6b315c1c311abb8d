import { type Clock, type ClockReading, systemHostClock, type TimeSample } from '../src/clock/index.ts'

/** This machine's clock is true time in tests. It is read in whole milliseconds, rounded down. */
export const readingErrorMs = 0.8

/** Both clocks at one instant: again when something came between the two readings. */
function readTogether(): { readonly monotonicMs: number; readonly wallMs: number } {
  for (;;) {
    const monotonicMs = systemHostClock.monotonicMs()
    const wallMs = systemHostClock.wallMs() + 0.5
    if (systemHostClock.monotonicMs() - monotonicMs < 0.1) return { monotonicMs, wallMs }
  }
}

/** How far a sample is from true time. */
export function mistakeOf({ timeMs, monotonicMs }: Pick<TimeSample, 'timeMs' | 'monotonicMs'>): number {
  const now = readTogether()
  return timeMs + (now.monotonicMs - monotonicMs) - now.wallMs
}

/** What a clock says, and how far that is from true time: again when something came in between. */
export function readClock(clock: Clock): ClockReading & { readonly mistakeMs: number } {
  for (;;) {
    const monotonicMs = systemHostClock.monotonicMs()
    const reading = clock.now()
    if (systemHostClock.monotonicMs() - monotonicMs < 0.1) {
      return { ...reading, mistakeMs: mistakeOf({ timeMs: reading.timeMs, monotonicMs }) }
    }
  }
}
