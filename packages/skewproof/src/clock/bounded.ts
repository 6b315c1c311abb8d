import { EventEmitter } from 'node:events'
import { type Duration, parseDurationMs } from '../time/index.ts'
import { orAgreement } from './agreement.ts'
import { type ClockEvents, defaultDriftPpm } from './anchored.ts'
import { Belief } from './belief.ts'
import { type Clock, type ClockReading, type ClockStatus, isReliable } from './clock.ts'
import type { Disturbance } from './disturbance.ts'
import type { SourceRecord } from './ensemble.ts'
import { Estimate } from './estimate.ts'
import type { HostClock } from './host.ts'
import { nextPollMs } from './polling.ts'
import { findAbsurdity } from './sample.ts'
import { type Schedule, scheduleUnreferenced } from './schedule.ts'
import { type AskingClock, SourceError, type TimeSample, type TimeSource } from './source.ts'
import { describeSource, type SourceStatus } from './source-status.ts'
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
  /** Deadline of one measurement, at most an hour. Default 3 s. */
  timeout?: Duration
  host?: HostClock
  /** For simulations; otherwise timers that do not keep the process alive. */
  schedule?: Schedule
  /** Uniform in [0, 1), for the jitter of the polls; for simulations. */
  random?: () => number
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
const maxWaitMs = 86_400_000

/** A clock that knows the time with a bound, from several sources. Made by `createClock`. */
export class BoundedClock implements AskingClock {
  readonly #belief: Belief
  /** By the sources that do not rest on what others say. */
  readonly #own: Belief
  /** The time of a fleet that does not know UTC. */
  readonly #agreement: Estimate
  readonly #host: HostClock
  readonly #driftPpm: number
  readonly #timeoutMs: number
  readonly #schedule: Schedule
  readonly #random: () => number
  readonly #events = new EventEmitter<BoundedClockEvents>()
  readonly #asking = new Set<AbortController>()
  readonly #timers = new Map<SourceRecord | 'check', () => void>()
  readonly #measuring = new Map<SourceRecord, Promise<void>>()
  #lastStatus: ClockStatus = 'unsynchronized'
  #disturbances = 0
  #isClosed = false

  constructor(options: BoundedClockOptions = {}) {
    const sources = options.sources ?? []
    this.#host = options.host ?? systemHostClock
    this.#driftPpm = options.driftPpm ?? defaultDriftPpm
    this.#timeoutMs = parseDurationMs('timeout', options.timeout ?? '3s', { minMs: 1, maxMs: 3_600_000 })
    this.#schedule = options.schedule ?? scheduleUnreferenced
    this.#random = options.random ?? Math.random
    const clockOptions = {
      host: this.#host,
      driftPpm: this.#driftPpm,
      maxErrorMs: parseDurationMs('maxError', options.maxError ?? '1s', { minMs: 1 }),
      freshForMs: parseDurationMs('freshFor', options.freshFor ?? '3m', { minMs: 1 }),
      // Those beside the main one are disturbed with it.
      onDisturbance: () => {},
    }
    const ensembleOptions = {
      driftPpm: this.#driftPpm,
      maxCorrectionMs: parseDurationMs('maxCorrection', options.maxCorrection ?? 1000),
      staleAfterMs,
    }
    const own = sources.filter(({ restsOnOthers = false }) => !restsOnOthers)
    const onDisturbance = (disturbance: Disturbance) => this.#onDisturbance(disturbance)
    this.#belief = new Belief(sources, { ...clockOptions, onDisturbance }, ensembleOptions)
    this.#own = own.length === sources.length ? this.#belief : new Belief(own, clockOptions, ensembleOptions)
    this.#agreement = new Estimate(clockOptions)
    this.#checkLater()
  }

  now(): ClockReading {
    return orAgreement(this.#belief.clock.now(), () => this.#agreement.now())
  }

  /** What is known without what others say; the clock itself where no source rests on others. */
  get own(): Clock {
    return this.#own.clock
  }

  /** This machine's wall clock minus the estimate, ms; positive: it is ahead. `undefined` while nothing is known. */
  get wallOffsetMs(): number | undefined {
    return this.#belief.clock.wallOffsetMs
  }

  get status(): ClockStatus {
    return this.now().status
  }

  get sources(): readonly SourceStatus[] {
    const monotonicMs = this.#host.monotonicMs()
    const { timeMs } = this.now()
    const now = { monotonicMs, timeMs, driftPpm: this.#driftPpm }
    return this.#belief.ensemble.records.map(record => describeSource(record, now))
  }

  /**
   * Asks all sources now, except those that must not be asked yet (`minPollMs`, or a kiss-o'-death); resolves when each has
   * answered or failed.
   */
  async measure(): Promise<void> {
    await Promise.all(this.#belief.ensemble.records.map(record => this.#measureOne(record)))
  }

  on<E extends keyof BoundedClockEvents>(event: E, listener: (...args: BoundedClockEvents[E]) => void): this {
    // The emitter's own signature cannot express the listeners' types for a type parameter.
    this.#events.on(event, listener as never)
    return this
  }

  off<E extends keyof BoundedClockEvents>(
    event: E,
    listener: (...args: BoundedClockEvents[E]) => void,
  ): this {
    this.#events.off(event, listener as never)
    return this
  }

  /** Stops measuring. The clock can still be read, and its bound grows. */
  close(): void {
    this.#isClosed = true
    for (const asking of this.#asking) asking.abort(new SourceError('timeout', 'the clock was closed'))
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
    for (const { source } of this.#belief.ensemble.records) source.close?.()
    this.#events.removeAllListeners()
  }

  #onDisturbance({ stepMs, suspendedMs }: Disturbance): void {
    this.#disturbances += 1
    this.#checkOthers()
    for (const { ensemble } of [this.#belief, this.#own]) ensemble.forgetSamples()
    if (suspendedMs !== 0) this.#events.emit('suspend', { suspendedMs })
    if (stepMs !== 0) this.#events.emit('step', { stepMs })
    this.#noteStatus()
    void this.measure()
  }

  #check(): void {
    this.#belief.clock.check()
    this.#checkOthers()
  }

  #checkOthers(): void {
    this.#own.clock.check()
    this.#agreement.check()
  }

  #checkLater(): void {
    const cancel = this.#schedule(checkEveryMs, () => {
      this.#checkLater()
      this.#check()
      this.#noteStatus()
    })
    this.#timers.set('check', cancel)
  }

  /** One measurement of a source at a time, and none sooner than it allows. */
  #measureOne(record: SourceRecord): Promise<void> {
    const running = this.#measuring.get(record)
    if (running !== undefined) return running
    const waitMs = record.notBeforeMs - this.#host.uptimeMs()
    if (waitMs > 0) {
      this.#measureLater(record, waitMs)
      return Promise.resolve()
    }
    this.#timers.get(record)?.()
    const measuring = this.#ask(record).finally(() => this.#measuring.delete(record))
    this.#measuring.set(record, measuring)
    return measuring
  }

  #measureLater(record: SourceRecord, delayMs: number): void {
    if (this.#isClosed) return
    this.#timers.get(record)?.()
    const cancel = this.#schedule(
      Math.min(Math.ceil(delayMs), maxWaitMs),
      () => void this.#measureOne(record),
    )
    this.#timers.set(record, cancel)
  }

  async #ask(record: SourceRecord): Promise<void> {
    const { source } = record
    const disturbancesBefore = this.#disturbances
    record.notBeforeMs = this.#host.uptimeMs() + source.minPollMs
    const answer = await this.#answerOf(record)
    if (this.#isClosed) return
    // Whatever a listener throws, the source is asked again.
    let isInterrupted = true
    try {
      this.#check()
      // Asked before a step or a suspend and answered after it: that belongs to neither side.
      isInterrupted = this.#disturbances !== disturbancesBefore
      if (!isInterrupted) this.#take(record, answer)
    } finally {
      if (isInterrupted) this.#measureLater(record, 0)
      else this.#pollLater(record)
    }
  }

  #take(record: SourceRecord, answer: TimeSample | SourceError): void {
    const before = new Set(this.#falsetickers())
    if (answer instanceof SourceError)
      record.notBeforeMs = Math.max(record.notBeforeMs, this.#host.uptimeMs() + (answer.retryAfterMs ?? 0))
    else if (answer.isAgreement === true && findAbsurdity(answer) === undefined) this.#agreement.adopt(answer)
    this.#belief.take(record.source, answer, this.#host.monotonicMs())
    if (this.#own !== this.#belief) this.#own.take(record.source, answer, this.#host.monotonicMs())
    for (const name of this.#falsetickers()) {
      if (!before.has(name)) this.#events.emit('falseticker', { name })
    }
    this.#noteStatus()
  }

  /** Asks a source, until the deadline at most, whether or not it heeds the signal. */
  async #answerOf(record: SourceRecord): Promise<TimeSample | SourceError> {
    const asking = new AbortController()
    const { signal } = asking
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    let ignored: SourceError | undefined
    const onIgnored = (error: SourceError): void => {
      ignored = error
      this.#belief.ensemble.count(record, error.reason)
    }
    const context = { host: this.#host, clock: this, signal, onIgnored }
    const cancelDeadline = this.#schedule(this.#timeoutMs, () => {
      const but = ignored === undefined ? '' : `; a reply was ignored: ${ignored.message}`
      asking.abort(new SourceError('timeout', `it did not answer in time${but}`))
    })
    this.#asking.add(asking)
    try {
      return await Promise.race([aborted, record.source.measure(context)])
    } catch (error) {
      return asSourceError(error)
    } finally {
      this.#asking.delete(asking)
      cancelDeadline()
    }
  }

  #falsetickers(): readonly string[] {
    return this.#belief.ensemble.records
      .filter(({ standing }) => standing === 'falseticker')
      .map(({ source }) => source.name)
  }

  #noteStatus(): void {
    const { status, errorMs } = this.now()
    const before = this.#lastStatus
    this.#lastStatus = status
    if (status === before) return
    if (status === 'synchronized') this.#events.emit('synchronized', { errorMs })
    if (!isReliable({ status })) this.#events.emit('lost', { status })
  }

  #pollLater(record: SourceRecord): void {
    const delayMs = nextPollMs({
      minPollMs: record.source.minPollMs,
      maxPollMs: record.source.maxPollMs,
      failures: record.failures,
      agreements: record.agreements,
      retryAfterMs: record.lastError?.retryAfterMs,
      random: this.#random(),
    })
    this.#measureLater(record, delayMs)
  }
}

function asSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error
  if (error instanceof Error && error.cause instanceof SourceError) return error.cause
  return new SourceError('unreachable', error instanceof Error ? error.message : 'it failed', {
    cause: error,
  })
}
