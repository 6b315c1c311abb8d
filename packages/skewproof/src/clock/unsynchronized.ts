import type { Clock } from './clock.ts'
import type { HostClock } from './host.ts'
import { systemHostClock } from './system.ts'

/** The wall clock, for what it is worth: nothing is known about it. */
export function unsynchronizedClock(host: HostClock = systemHostClock): Clock {
  return {
    now: () => ({ timeMs: host.wallMs(), errorMs: Number.POSITIVE_INFINITY, status: 'unsynchronized' }),
  }
}
