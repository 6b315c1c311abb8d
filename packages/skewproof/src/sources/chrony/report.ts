/** What chronyd says of the clock that it keeps. Frequencies in ppm, times in ms. */
export interface ChronyTracking {
  /** Eight hexadecimal digits: an IPv4 address, the hash of an IPv6 address, the name of a reference clock, or 0. */
  readonly referenceId: string
  /** The selected source's; `undefined` for a reference clock, or while there is none. */
  readonly address: string | undefined
  readonly stratum: number
  readonly leap: ChronyLeap
  /** When chronyd last corrected its estimate, by that estimate; up to a second early, which hides it from attackers. */
  readonly referenceTimeMs: number
  /** What has yet to be added to the wall clock; positive while it is slow. */
  readonly correctionMs: number
  /** Found at the last update. */
  readonly lastOffsetMs: number
  readonly rmsOffsetMs: number
  /** How fast the wall clock would run without chronyd; positive: it would gain. */
  readonly frequencyPpm: number
  readonly residualFrequencyPpm: number
  /** The bound on the frequency that chronyd estimates. */
  readonly skewPpm: number
  readonly rootDelayMs: number
  readonly rootDispersionMs: number
  /** Between the last two updates. */
  readonly updateIntervalMs: number
}

export type ChronyLeap = 'none' | 'insert' | 'delete' | 'unsynchronized'

/**
 * - `selected`: chronyd follows it.
 * - `combined`: it agrees, and counts too.
 * - `selectable`: it agrees, and does not count.
 * - `unusable`: unreachable, or its answers cannot be used.
 */
export type ChronySourceState =
  | 'selected'
  | 'combined'
  | 'selectable'
  | 'falseticker'
  | 'too-variable'
  | 'unusable'

/** One of chronyd's sources. */
export interface ChronySource {
  /** An IP address, or the name of a reference clock; `undefined` while a name is not resolved. */
  readonly address: string | undefined
  readonly mode: 'server' | 'peer' | 'reference-clock'
  readonly state: ChronySourceState
  readonly stratum: number
  /** Seconds between polls. */
  readonly pollSeconds: number
  /** The last eight polls, the newest in the lowest bit; 1: it answered. */
  readonly reachability: number
  /** Whole seconds since its last good answer; `undefined` when there was none. */
  readonly lastSampleSeconds: number | undefined
  /** This host's clock minus the source at the last answer, corrected for what chronyd did since; positive: ahead. */
  readonly offsetMs: number
  /** As it was measured. */
  readonly measuredOffsetMs: number
  readonly errorMs: number
  readonly statistics: ChronyStatistics | undefined
}

/** What chronyd has learnt from a source's answers. */
export interface ChronyStatistics {
  readonly samples: number
  readonly spanSeconds: number
  /** How fast this host's clock drifts against the source. */
  readonly residualFrequencyPpm: number
  readonly skewPpm: number
  readonly offsetMs: number
  readonly deviationMs: number
}

/** How many sources are in which state of being asked. */
export interface ChronyActivity {
  readonly online: number
  readonly offline: number
  readonly burstOnline: number
  readonly burstOffline: number
  readonly unresolved: number
}

/** More sources than this are not asked for: their number is chronyd's claim. */
export const maxSources = 64

/** All that chronyd tells of itself. */
export interface ChronyReport {
  readonly tracking: ChronyTracking
  /** The first 64 at most; `undefined` when chronyd does not tell. */
  readonly sources: readonly ChronySource[] | undefined
  /** `undefined` when chronyd does not tell. */
  readonly activity: ChronyActivity | undefined
}
