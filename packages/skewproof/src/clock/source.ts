import type { Clock } from './clock.ts'
import type { HostClock } from './host.ts'

/** One measurement: at the instant `monotonicMs` true time was within `timeMs ± errorMs`. */
export interface TimeSample {
  /** The host's monotonic clock at the instant that the sample is about; where in doubt, the earlier one. */
  readonly monotonicMs: number
  /** Estimate of true time at that instant, ms since the Unix epoch. */
  readonly timeMs: number
  /** Half-width of the interval that the source vouches for. */
  readonly errorMs: number
  /** How fast the bound grows from here, where the source knows better than the default. */
  readonly driftPpm?: number
  /** Instead of the source's votes, where they change from sample to sample; 0: the sample does not count. */
  readonly votes?: number
  /** Not true time, but what a fleet that does not know it has agreed upon: used where nothing else is known. */
  readonly isAgreement?: boolean
}

/**
 * - `selected`: it agrees with the majority.
 * - `falseticker`: the majority contradicts it.
 * - `undecidable`: it contradicts others, and there is no majority.
 * - `refused`: it agrees with the majority, but on a correction larger than they may make.
 * - `unreachable`: it has not answered lately.
 * - `pending`: it has not been asked yet.
 */
export type SourceStanding =
  | 'selected'
  | 'falseticker'
  | 'undecidable'
  | 'refused'
  | 'unreachable'
  | 'pending'

/** How a source stands. */
export interface SourceSummary {
  readonly name: string
  readonly status: SourceStanding
  /** That source's clock minus the estimate, ms; positive is ahead. `undefined` while nothing was measured. */
  readonly offsetMs: number | undefined
  /** Its bound now. */
  readonly errorMs: number | undefined
}

/** The clock that asks a source. */
export interface AskingClock extends Clock {
  /** What it knows by those of its sources that do not rest on what others say. */
  readonly own: Clock
  readonly wallOffsetMs: number | undefined
  readonly sources: readonly SourceSummary[]
}

export interface MeasureContext {
  readonly host: HostClock
  /** Where a clock asks, and nobody else. */
  readonly clock?: AskingClock
  /** Aborted at the deadline, and when the clock is closed. */
  readonly signal: AbortSignal
  /** Told of each reply that was ignored while waiting for one that can be believed. */
  readonly onIgnored?: (error: SourceError) => void
}

/** Something that knows the time. `measure` does the I/O; what it returns is plain data. */
export interface TimeSource {
  /** As a user writes it: `chrony`, `sntp:time.example.com`, ... */
  readonly name: string
  /** Whether an attacker on the network is kept from forging its samples. */
  readonly authenticated: boolean
  /** How many votes it has where sources contradict each other. Default 1. */
  readonly votes?: number
  /** Whether it repeats what other nodes say, so that a node must not tell them what it learns from it. Default false. */
  readonly restsOnOthers?: boolean
  /** Never ask more often than this; at least 0. */
  readonly minPollMs: number
  /** Ask at least this often, also while it fails: for what costs little. */
  readonly maxPollMs?: number
  /** @throws SourceError when the source cannot be asked or its answer cannot be believed */
  measure(context: MeasureContext): Promise<TimeSample>
  close?(): void
}

/** Why a measurement came to nothing. Counted by `reason`. */
export type SourceErrorReason =
  | 'unreachable'
  | 'timeout'
  | 'malformed'
  | 'mismatched'
  | 'unsynchronized'
  | 'kiss-of-death'
  | 'unauthenticated'
  | 'absurd'
  | 'unsupported'

export class SourceError extends Error {
  override readonly name = 'SourceError'
  readonly code = 'ERR_TIME_SOURCE'
  readonly reason: SourceErrorReason
  /** The source asks not to be polled before this much time has passed. */
  readonly retryAfterMs: number | undefined

  constructor(
    reason: SourceErrorReason,
    message: string,
    options: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.reason = reason
    const { retryAfterMs = Number.NaN } = options
    // It may come from the network.
    this.retryAfterMs = retryAfterMs >= 0 ? retryAfterMs : undefined
  }
}
