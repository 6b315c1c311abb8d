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
}

export interface MeasureContext {
  readonly host: HostClock
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
  /** Never ask more often than this; at least 0. */
  readonly minPollMs: number
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
