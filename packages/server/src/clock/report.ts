import type { BoundedClock, ClockStatus, SourceStatus } from 'skewproof'

/** What `skewproof clock --json` prints; `null` where nothing is known. */
export interface ClockReport {
  /** The best estimate of true time, ms since the Unix epoch. */
  readonly timeMs: number
  readonly errorMs: number | null
  readonly status: ClockStatus
  /** This host's wall clock minus true time. */
  readonly wallOffsetMs: number | null
  readonly sources: readonly SourceReport[]
}

export interface SourceReport {
  readonly name: string
  readonly status: SourceStatus['status']
  /** That source's clock minus the estimate. */
  readonly offsetMs: number | null
  readonly errorMs: number | null
  readonly ageMs: number | null
  readonly authenticated: boolean
  readonly lastError: string | null
  readonly errors: SourceStatus['errors']
}

export function reportClock(clock: Pick<BoundedClock, 'now' | 'wallOffsetMs' | 'sources'>): ClockReport {
  const { timeMs, errorMs, status } = clock.now()
  return {
    timeMs,
    errorMs: known(errorMs),
    status,
    wallOffsetMs: known(clock.wallOffsetMs),
    sources: clock.sources.map(source => ({
      name: source.name,
      status: source.status,
      // While the clock knows nothing, an offset from it would be one from the wall clock.
      offsetMs: status === 'unsynchronized' ? null : known(source.offsetMs),
      errorMs: known(source.errorMs),
      ageMs: known(source.ageMs),
      authenticated: source.authenticated,
      lastError: source.lastError ?? null,
      errors: source.errors,
    })),
  }
}

/** JSON has no infinity. */
function known(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}
