import type { Clock, ClockReading } from './clock.ts'

/**
 * A clock whose `timeMs` never goes backwards. When the estimate below it is corrected backwards it stands still, and its
 * bound covers how far it is ahead.
 */
export function monotoneClock(clock: Clock): Clock {
  let latestMs = Number.NEGATIVE_INFINITY
  return {
    now(): ClockReading {
      const reading = clock.now()
      if (reading.timeMs >= latestMs) {
        latestMs = reading.timeMs
        return reading
      }
      return { ...reading, timeMs: latestMs, errorMs: reading.errorMs + (latestMs - reading.timeMs) }
    },
  }
}
