import type { HostReading } from '../clock/disturbance.ts'
import type { TimeSample } from '../clock/source.ts'

/** One reading of the store's clock. */
export interface StoreReading {
  /** Of the store's clock. */
  readonly sample: TimeSample
  /** This machine's clocks when the store was asked. */
  readonly host: Pick<HostReading, 'monotonicMs' | 'uptimeMs'>
  /** What clock the store says that it is. */
  readonly epoch: string
  readonly sequence: number
}

/** What is known of the store's clock after a reading. */
export interface StoreClockState extends StoreReading {
  /** What was measured in beats up to this one was measured by another clock, or before this node could tell. */
  readonly voidUpTo: number
}

/** How fast the store's clock and this machine's may part: 500 ppm is what a time daemon slews at, 200 what quartz does at worst. */
const partingPpm = 700
/** The uptime is read to 10 ms, at both ends. */
const uptimeErrorMs = 20

/**
 * Follows the store's clock from reading to reading. A new epoch begins when it is said to be another clock, when its beats are
 * counted anew, and when it has moved otherwise than this machine's monotonic clock allows: then it was set, or is another
 * machine's. With the first reading one begins too, since what happened before it nobody has told.
 *
 * A step within the two round trips shows nowhere.
 */
export function followStoreClock(state: StoreClockState | undefined, reading: StoreReading): StoreClockState {
  const isContinued =
    state !== undefined &&
    reading.epoch === state.epoch &&
    reading.sequence > state.sequence &&
    !hasJumped(state, reading)
  return { ...reading, voidUpTo: isContinued ? state.voidUpTo : reading.sequence }
}

function hasJumped(before: StoreReading, after: StoreReading): boolean {
  const monotonicMs = after.host.monotonicMs - before.host.monotonicMs
  const uptimeMs = after.host.uptimeMs - before.host.uptimeMs
  // The monotonic clock stands still while the machine sleeps.
  const hasSlept = uptimeMs - monotonicMs > 100
  const elapsedMs = hasSlept ? uptimeMs : monotonicMs
  const allowedMs =
    before.sample.errorMs +
    after.sample.errorMs +
    elapsedMs * partingPpm * 1e-6 +
    (hasSlept ? uptimeErrorMs : 0)
  return Math.abs(after.sample.timeMs - before.sample.timeMs - elapsedMs) > allowedMs
}
