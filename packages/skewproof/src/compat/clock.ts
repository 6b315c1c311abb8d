import { type Clock, type ClockReading, unsynchronizedClock } from '../clock/index.ts'
import { createClock } from '../sources/create-clock.ts'

const wallClock = unsynchronizedClock()
let current: Clock | undefined

/**
 * The clock that the drop-ins go by. Without it they look for the time daemons of this host when they are first used, and go
 * by the wall clock, with its tolerance of 30 s, until something has been measured.
 */
export function useClock(clock: Clock): void {
  current = clock
}

/** What time it is for the drop-ins. */
export function readClock(): ClockReading {
  if (current === undefined) {
    current = wallClock
    void measureWithWhatTheHostHas()
  }
  return current.now()
}

async function measureWithWhatTheHostHas(): Promise<void> {
  const measured = await createClock()
  if (current === wallClock) current = measured
  else measured.close()
}
