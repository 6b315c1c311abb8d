import { distanceMs, type Observation } from './observation.ts'

/** A smaller correction simply stays in the bound. chronyd slews off a larger one as fast as it may, if it sets the clock. */
export const largeCorrectionMs = 500
/** `maxslewrate` is 83,333 ppm unless chrony.conf says otherwise; what is slower than this is the frequency's change. */
const maxRestingPpm = 100
/** In less, the rounding of what chronyd says would look like a slew. */
const minSpanMs = 500
/** In between it may have been worked off, and have come back. */
const maxSpanMs = 600_000
/** A float of chrony's protocol has 24 bits, and both are rounded. */
const resolution = 2 ** -23

/**
 * How fast a large correction may be worked off, ppm, where two observations show that chronyd does not slew the clock: it
 * runs with `-x`. `undefined`: chronyd may slew as fast as it can.
 */
export function restingPpm(earlier: Observation, later: Observation): number | undefined {
  const elapsedMs = later.before.monotonicMs - earlier.after.monotonicMs
  const { correctionMs } = later.tracking
  if (Math.abs(correctionMs) < largeCorrectionMs || elapsedMs <= 0 || elapsedMs > maxSpanMs) return undefined
  const hasUpdated = later.tracking.referenceTimeMs !== earlier.tracking.referenceTimeMs
  const estimateMs = hasUpdated ? distanceMs(earlier.tracking) + distanceMs(later.tracking) : 0
  const changedMs = Math.abs(correctionMs - earlier.tracking.correctionMs)
  const mostMs = changedMs + estimateMs + Math.abs(correctionMs) * resolution
  const ppm = (mostMs / elapsedMs) * 1e6
  return ppm <= maxRestingPpm ? ppm : undefined
}

/** Watches whether chronyd slews, from one observation to another that is at least half a second younger. */
export class SlewWatch {
  #older: Observation | undefined
  #newer: Observation | undefined

  get isNew(): boolean {
    return this.#newer === undefined
  }

  /** @returns as `restingPpm` */
  take(observation: Observation): number | undefined {
    const sinceMs = observation.before.monotonicMs - (this.#newer?.after.monotonicMs ?? 0)
    if (this.#newer === undefined) {
      this.#newer = observation
    } else if (sinceMs >= minSpanMs) {
      this.#older = this.#newer
      this.#newer = observation
    }
    return this.#older && restingPpm(this.#older, observation)
  }
}
