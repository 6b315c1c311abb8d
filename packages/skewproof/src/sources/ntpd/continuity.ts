import { SourceError } from '../../clock/source.ts'
import type { Observation } from './report.ts'

/** ntpd and the kernel do not slew faster; an oscillator adds a little. */
const maxSlewPpm = 600
const slackMs = 1

/**
 * Whether ntpd's clock went on between measurements as the monotonic clock did. ntpd does not notice that somebody set it
 * before it asks its server again, up to 17 minutes later; until then its offset is that of the clock as it was.
 */
export class Continuity {
  #last: Observation | undefined
  /** When the server's answer came that was the last one as the clock was found set. */
  #outdatedMs: number | undefined

  /** @throws SourceError `unsynchronized` while ntpd has not measured the clock since it was set */
  follow(observation: Observation): void {
    const { receivedMs } = observation.peer
    if (this.#last !== undefined && wasSet(this.#last, observation)) this.#outdatedMs = receivedMs
    this.#last = observation
    if (this.#outdatedMs === undefined) return
    if (this.#outdatedMs === receivedMs) {
      const why = 'the clock was set, and it has not asked its server since'
      throw new SourceError('unsynchronized', `ntpd cannot be relied on: ${why}`)
    }
    this.#outdatedMs = undefined
  }
}

/** Whether somebody set the clock between two observations. */
export function wasSet(earlier: Observation, later: Observation): boolean {
  const elapsedMs = (later.system.clockMs ?? Number.NaN) - (earlier.system.clockMs ?? Number.NaN)
  const leastMs = later.roundTrip.sentMs - earlier.roundTrip.receivedMs
  const mostMs = later.roundTrip.receivedMs - earlier.roundTrip.sentMs
  const toleranceMs = slackMs + mostMs * maxSlewPpm * 1e-6
  return !(elapsedMs >= leastMs - toleranceMs && elapsedMs <= mostMs + toleranceMs)
}
