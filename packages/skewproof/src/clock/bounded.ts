import { EventEmitter } from 'node:events'
import { type Duration, OptionError, parseDurationMs } from '../time/index.ts'
import { AnchoredClock, type ClockEvents } from './anchored.ts'
import type { Clock, ClockReading, ClockStatus } from './clock.ts'
import { Ensemble, type SourceRecord, type SourceStanding } from './ensemble.ts'
import type { HostClock } from './host.ts'
import { nextPollMs } from './polling.ts'
import { sampleErrorAt, sampleTimeAt } from './sample.ts'
import { SourceError, type SourceErrorReason, type TimeSource } from './source.ts'
import { systemHostClock } from './system.ts'

export interface BoundedClockOptions {
  /** What measures time. Without any, the clock is the wall clock, `unsynchronized`. */
  sources?: readonly TimeSource[]
  /** How wrong this machine's oscillator may be at worst. Default 200 ppm. */
  driftPpm?: number
  /** When the bound has grown beyond this, the clock is `unsynchronized`. Default 1 s. */
  maxError?: Duration
  /** How long after the last agreement the clock is `synchronized` rather than in `holdover`. Default 3 minutes. */
  freshFor?: Duration
  /** A larger correction needs three sources that agree, or an authenticated one. Default 1000 s. */
  maxCorrection?: Duration
  /** Deadline of one measurement. Default 3 s. */
  timeout?: Duration
  /** How long `createClock` waits for the first measurements. Default 1 s. */
  firstMeasurement?: Duration
  host?: HostClock
  /** Runs something later; for simulations. Returns how to cancel it. */
  schedule?: Schedule
  /** Uniform in [0, 1), for the jitter of the polls; for simulations. */
  random?: () => number
}

export type Schedule = (delayMs: number, action: () => void) => () => void

/** What one source says, and how it stands. */
export interface SourceStatus {
  readonly name: string
  readonly status: SourceStanding
  /** That source's clock minus the estimate, ms; positive is ahead. `undefined` while nothing was measured. */
  readonly offsetMs: number | undefined
  /** Its bound now. */
  readonly errorMs: number | undefined
  /** Since its sample was taken. */
  readonly ageMs: number | undefined
  readonly authenticated: boolean
  readonly lastError: string | undefined
  /** How often it failed, by reason. */
  readonly errors: Readonly<Partial<Record<SourceErrorReason, number>>>
}

export interface BoundedClockEvents extends ClockEvents {
  /** The clock became `synchronized`. */
  synchronized: [{ readonly errorMs: number }]
  /** The clock cannot be relied on any more. */
  lost: [{ readonly status: ClockStatus }]
  /** The majority contradicts a source that it did not contradict before. */
  falseticker: [{ readonly name: string }]
}

/** Older samples are not used, ms: eight of the slowest polls. */
const staleAfterMs = 512_000
const checkEveryMs = 500
const sleepNoiseMs = 100

/** A clock that knows the time with a bound, from several sources. Made by `createClock`. */
export class BoundedClock implements Clock {
  readonly #anchored: AnchoredClock
  readonly #ensemble: Ensemble
  readonly #host: HostClock
  readonly #driftPpm: number
  readonly #timeoutMs: number
  readonly #schedule: Schedule
  readonly #random: () => number
  readonly #events = new EventEmitter<BoundedClockEvents>()
  readonly #closing = new AbortController()
  readonly #timers = new Map<SourceRecord | 'check', () => void>()
  readonly #measuring = new Map<SourceRecord, Promise<void>>()
  #lastStatus: ClockStatus = 'unsynchronized'

  constructor(options: BoundedClockOptions = {}) {
    const sources = options.sources ?? []
    this.#host = options.host ?? systemHostClock
    this.#driftPpm = requirePpm(options.driftPpm ?? 200)
    this.#timeoutMs = parseDurationMs('timeout', options.timeout ?? '3s', { minMs: 1 })
    this.#schedule = options.schedule ?? scheduleUnreferenced
    this.#random = options.random ?? Math.random
    this.#anchored = new AnchoredClock({
      host: this.#host,
      driftPpm: this.#driftPpm,
      maxErrorMs: parseDurationMs('maxError', options.maxError ?? '1s', { minMs: 1 }),
      freshForMs: parseDurationMs('freshFor', options.freshFor ?? '3m', { minMs: 1 }),
      checkEveryMs: 0,
    })
    this.#ensemble = new Ensemble(sources, {
      driftPpm: this.#driftPpm,
      maxCorrectionMs: parseDurationMs('maxCorrection', options.maxCorrection ?? 1000),
      staleAfterMs,
    })
    this.#anchored.on('step', event => this.#onDisturbance('step', event))
    this.#anchored.on('suspend', event => this.#onDisturbance('suspend', event))
    this.#checkLater()
  }

  now(): ClockReading {
    return this.#anchored.now()
  }

  /** This machine's wall clock minus the estimate, ms; positive: it is ahead. `undefined` while nothing is known. */
  get wallOffsetMs(): number | undefined {
    return this.#anchored.wallOffsetMs
  }

  get status(): ClockStatus {
    return this.now().status
  }

  get sources(): readonly SourceStatus[] {
    const monotonicMs = this.#host.monotonicMs()
    const { timeMs } = this.now()
    return this.#ensemble.records.map(record => this.#describe(record, monotonicMs, timeMs))
  }

  /** Asks all sources now; resolves when each has answered or failed. */
  async measure(): Promise<void> {
    await Promise.all(this.#ensemble.records.map(record => this.#measureOne(record)))
  }

  on<E extends keyof BoundedClockEvents>(event: E, listener: (...args: BoundedClockEvents[E]) => void): this {
    // The emitter's own signature cannot express the listeners' types for a type parameter.
    this.#events.on(event, listener as never)
    return this
  }

  /** Stops measuring. The clock can still be read, and its bound grows. */
  close(): void {
    this.#closing.abort()
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
    this.#anchored.close()
    for (const { source } of this.#ensemble.records) source.close?.()
    this.#events.removeAllListeners()
  }

  #onDisturbance<E extends 'step' | 'suspend'>(event: E, detail: ClockEvents[E][0]): void {
    this.#ensemble.forgetSamples()
    this.#events.emit(event, ...([detail] as never))
    this.#noteStatus()
    void this.measure()
  }

  #checkLater(): void {
    const cancel = this.#schedule(checkEveryMs, () => {
      this.#anchored.check()
      this.#noteStatus()
      this.#checkLater()
    })
    this.#timers.set('check', cancel)
  }

  /** One measurement of a source at a time. */
  #measureOne(record: SourceRecord): Promise<void> {
    const running = this.#measuring.get(record)
    if (running !== undefined) return running
    this.#timers.get(record)?.()
    const measuring = this.#ask(record).finally(() => {
      this.#measuring.delete(record)
      this.#pollLater(record)
    })
    this.#measuring.set(record, measuring)
    return measuring
  }

  async #ask(record: SourceRecord): Promise<void> {
    const deadline = new AbortController()
    const cancelDeadline = this.#schedule(this.#timeoutMs, () =>
      deadline.abort(new SourceError('timeout', 'it did not answer in time')),
    )
    const signal = AbortSignal.any([this.#closing.signal, deadline.signal])
    // What was asked before a step or a suspend and answered after it belongs to neither side.
    const sleptBeforeMs = this.#sleptMs()
    try {
      const sample = await record.source.measure({ host: this.#host, signal })
      if (this.#sleptMs() - sleptBeforeMs > sleepNoiseMs)
        throw new SourceError('timeout', 'the machine slept during the measurement')
      this.#ensemble.accept(record, sample)
    } catch (error) {
      if (this.#closing.signal.aborted) return
      this.#ensemble.fail(record, asSourceError(error))
    } finally {
      cancelDeadline()
    }
    this.#follow()
  }

  /** How long the machine has slept since its boot, to the noise of the two clocks. */
  #sleptMs(): number {
    return this.#host.uptimeMs() - this.#host.monotonicMs()
  }

  /** Adopts what the sources say together, if they agree and the clock may follow. */
  #follow(): void {
    if (this.#closing.signal.aborted) return
    this.#anchored.check()
    const before = new Set(this.#falsetickers())
    const verdict = this.#ensemble.judge(this.#host.monotonicMs(), this.now())
    if (verdict.kind === 'adopt') this.#anchored.adopt(verdict.sample)
    for (const name of this.#falsetickers()) {
      if (!before.has(name)) this.#events.emit('falseticker', { name })
    }
    this.#noteStatus()
  }

  #falsetickers(): readonly string[] {
    return this.#ensemble.records
      .filter(({ standing }) => standing === 'falseticker')
      .map(({ source }) => source.name)
  }

  #noteStatus(): void {
    const { status, errorMs } = this.now()
    const before = this.#lastStatus
    this.#lastStatus = status
    if (status === before) return
    if (status === 'synchronized') this.#events.emit('synchronized', { errorMs })
    if (status === 'disrupted' || status === 'unsynchronized') this.#events.emit('lost', { status })
  }

  #pollLater(record: SourceRecord): void {
    if (this.#closing.signal.aborted) return
    const delayMs = nextPollMs({
      minPollMs: record.source.minPollMs,
      failures: record.failures,
      agreements: record.agreements,
      retryAfterMs: record.lastError?.retryAfterMs,
      random: this.#random(),
    })
    this.#timers.set(
      record,
      this.#schedule(delayMs, () => void this.#measureOne(record)),
    )
  }

  #describe(record: SourceRecord, monotonicMs: number, timeMs: number): SourceStatus {
    const { source, sample, standing, lastError, errors } = record
    return {
      name: source.name,
      status: standing,
      offsetMs: sample && sampleTimeAt(sample, monotonicMs) - timeMs,
      errorMs: sample && sampleErrorAt(sample, monotonicMs, this.#driftPpm),
      ageMs: sample && monotonicMs - sample.monotonicMs,
      authenticated: source.authenticated,
      lastError: lastError?.message,
      errors: Object.fromEntries(errors),
    }
  }
}

/**
 * A clock that measures true time with a bound, whatever the wall clock says.
 *
 * ```ts
 * const clock = await createClock({ sources: [system({ errorMs: 50 })] })
 * const { timeMs, errorMs, status } = clock.now()
 * ```
 *
 * Resolves when all sources have been asked once, or after `firstMeasurement`. A source that cannot be reached is no
 * reason to fail: the status says what is known.
 *
 * @throws OptionError when an option cannot be used
 */
export async function createClock(options: BoundedClockOptions = {}): Promise<BoundedClock> {
  const waitMs = parseDurationMs('firstMeasurement', options.firstMeasurement ?? '1s')
  const clock = new BoundedClock(options)
  // This timer keeps the process alive: whoever awaits the clock must not end before it is there.
  const schedule = options.schedule ?? scheduleReferenced
  await new Promise<void>(resolve => {
    const cancel = schedule(waitMs, resolve)
    void clock.measure().then(() => {
      cancel()
      resolve()
    })
  })
  return clock
}

function scheduleReferenced(delayMs: number, action: () => void): () => void {
  const timer = setTimeout(action, delayMs)
  return () => clearTimeout(timer)
}

function scheduleUnreferenced(delayMs: number, action: () => void): () => void {
  const timer = setTimeout(action, delayMs)
  timer.unref()
  return () => clearTimeout(timer)
}

function asSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error
  if (error instanceof Error && error.cause instanceof SourceError) return error.cause
  return new SourceError('unreachable', error instanceof Error ? error.message : 'it failed', {
    cause: error,
  })
}

function requirePpm(driftPpm: number): number {
  if (!(driftPpm >= 0 && driftPpm <= 100_000))
    throw new OptionError('driftPpm', 'use a number from 0 to 100000')
  return driftPpm
}
