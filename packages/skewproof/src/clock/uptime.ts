/** What a machine's uptime is found from, ms. */
export interface UptimeReadings {
  wallMs(): number
  monotonicMs(): number
  /** The system's own, which is dear to read. Rounded down. */
  uptimeMs(): number
}

/** A machine that slept shows another time on its wall clock. Where that tells nothing, so often is looked all the same. */
const lookAgainAfterMs = 100
const partingNoiseMs = 1

/**
 * The uptime, which counts how long the machine slept; the monotonic clock does not. It is read from the system when the other
 * two clocks say that the machine may have slept, and is never less than it was.
 */
export function uptimeBy({ wallMs, monotonicMs, uptimeMs }: UptimeReadings): () => number {
  /** As far as it has been seen. */
  let sleptMs = Number.NEGATIVE_INFINITY
  let seenAtMonotonicMs = Number.NEGATIVE_INFINITY
  let seenPartingMs = 0
  return () => {
    const nowMs = monotonicMs()
    const partingMs = wallMs() - nowMs
    const isOld = nowMs - seenAtMonotonicMs > lookAgainAfterMs
    if (isOld || Math.abs(partingMs - seenPartingMs) > partingNoiseMs) {
      sleptMs = Math.max(sleptMs, uptimeMs() - monotonicMs())
      seenAtMonotonicMs = nowMs
      seenPartingMs = partingMs
    }
    return nowMs + sleptMs
  }
}
