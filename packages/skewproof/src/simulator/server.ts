import type { ClockReading } from '../clock/clock.ts'
import { Ensemble, type SourceRecord } from '../clock/ensemble.ts'
import { Estimate } from '../clock/estimate.ts'
import { nextPollMs } from '../clock/polling.ts'
import { sampleErrorAt, sampleTimeAt } from '../clock/sample.ts'
import { SourceError, type TimeSample, type TimeSource } from '../clock/source.ts'
import { reportOn, utcByView } from '../fleet/common-view.ts'
import type { SimulatedHost } from './clock-model.ts'
import type { SimulatedFleet } from './fleet.ts'
import type { Random } from './random.ts'
import type { ServerModel } from './scenario.ts'
import type { SimulatedStore } from './store.ts'
import type { Timeline } from './timeline.ts'

/** What all servers live in. */
export interface World {
  readonly timeline: Timeline
  readonly random: Random
  readonly store: SimulatedStore
  readonly fleet: SimulatedFleet
  /** How often each server leaves word in the store. */
  readonly beatEveryMs: number
  /** Seconds from the beginning. */
  secondsPassed(): number
}

/** As the library's defaults. */
const driftPpm = 200
const maxErrorMs = 1000
const freshForMs = 180_000
const maxCorrectionMs = 1_000_000
const staleAfterMs = 512_000
/** How long a disturbance goes unnoticed when nobody reads the clock. */
const checkEveryMs = 500

/** A source that a simulation asks itself. */
class SimulatedSource implements TimeSource {
  readonly name: string
  readonly authenticated: boolean = false
  readonly minPollMs: number = 0
  votes: number = 1

  constructor(name: string) {
    this.name = name
  }

  measure(): Promise<TimeSample> {
    return Promise.reject(new SourceError('unsupported', 'a simulation measures by itself'))
  }
}

/** One server: a wrong wall clock, a time daemon that may be dead or lie, and the library's clock on top of both. */
export class SimulatedServer {
  readonly index: number
  readonly model: ServerModel
  readonly host: SimulatedHost
  /** When it last heard all that had changed in the store, by its monotonic clock. */
  heardStoreAtMs: number = Number.NEGATIVE_INFINITY
  readonly #world: World
  readonly #random: Random
  readonly #estimate: Estimate
  readonly #ensemble: Ensemble
  readonly #ntp = new SimulatedSource('ntp')
  readonly #view = new SimulatedSource('fleet')
  #polls = 0
  #lastStoreSample: TimeSample | undefined

  constructor(index: number, model: ServerModel, host: SimulatedHost, world: World) {
    this.index = index
    this.model = model
    this.host = host
    this.#world = world
    this.#random = world.random.fork()
    this.#ensemble = new Ensemble([this.#ntp, this.#view], { driftPpm, maxCorrectionMs, staleAfterMs })
    this.#estimate = new Estimate({
      host,
      driftPpm,
      maxErrorMs,
      freshForMs,
      onDisturbance: () => this.#onDisturbance(),
    })
  }

  /** Starts asking for the time and leaving word. */
  start(): void {
    this.#poll(this.#polls)
    this.#beat()
    this.#checkAfterEachMove()
  }

  /** Whether it does nothing now, as a guest that is paused. */
  get isSuspended(): boolean {
    const { suspends } = this.model.clock
    if (suspends === undefined || suspends.length === 0) return false
    const nowSeconds = this.#world.secondsPassed()
    return suspends.some(
      ({ atSeconds, forSeconds }) => nowSeconds >= atSeconds && nowSeconds < atSeconds + forSeconds,
    )
  }

  /** What the library's clock says. */
  now(): ClockReading {
    return this.#estimate.now()
  }

  get wallOffsetMs(): number | undefined {
    return this.#estimate.wallOffsetMs
  }

  /** How each of its sources stands. */
  get standings(): readonly { readonly name: string; readonly standing: string }[] {
    return this.#ensemble.records.map(({ source, standing }) => ({ name: source.name, standing }))
  }

  #onDisturbance(): void {
    this.#ensemble.forgetSamples()
    this.#polls += 1
    const polls = this.#polls
    this.#world.timeline.after(0, () => this.#poll(polls))
  }

  /** Asks its time daemon, and again later; `polls` tells a chain of polls from one that has taken its place. */
  #poll(polls: number): void {
    if (polls !== this.#polls) return
    const record = this.#recordOf(this.#ntp)
    if (!this.isSuspended) this.#take(record, this.#askNtp())
    const delayMs = nextPollMs({
      minPollMs: 0,
      failures: record.failures,
      agreements: record.agreements,
      retryAfterMs: undefined,
      random: this.#random.uniform(),
    })
    this.#world.timeline.after(delayMs, () => this.#poll(polls))
  }

  #askNtp(): TimeSample | SourceError {
    const { diesAtSeconds, offsetSeconds, errorMs } = this.model.ntp
    if (this.#world.secondsPassed() >= diesAtSeconds)
      return new SourceError('timeout', 'the time daemon is dead')
    const timeMs = this.#world.timeline.nowMs + offsetSeconds * 1000 + this.#random.within(errorMs)
    return { monotonicMs: this.host.monotonicMs(), timeMs, errorMs }
  }

  /** Measures the store's clock, says what it is off by the own daemon, and learns what the others say. */
  #beat(): void {
    const { timeline, store, fleet, beatEveryMs } = this.#world
    timeline.after(beatEveryMs * (0.875 + 0.25 * this.#random.uniform()), () => this.#beat())
    if (this.isSuspended) return
    const record = this.#recordOf(this.#view)
    if (!store.answers(this)) {
      this.#take(record, new SourceError('unreachable', 'the store does not answer'))
      return
    }
    const sample = this.#measureStore()
    if (this.#hasStoreMoved(sample)) fleet.forget()
    this.#lastStoreSample = sample
    const utc = this.#ownUtc(sample.monotonicMs)
    if (utc !== undefined) fleet.leave(reportOn(this.model.name, sample, utc))
    const view = fleet.view(sample.timeMs)
    if (view.kind !== 'utc') {
      this.#take(record, new SourceError('unsynchronized', 'no majority of the fleet knows UTC'))
      return
    }
    const others = view.agreeing.filter(name => name !== this.model.name)
    this.#view.votes = Math.max(1, others.length)
    this.#take(record, utcByView(sample, view))
  }

  #measureStore(): TimeSample {
    const { store } = this.#world
    const errorMs = store.roundTripMs() / 2
    const timeMs = store.host.wallMs() + this.#random.within(errorMs)
    return { monotonicMs: this.host.monotonicMs(), timeMs, errorMs }
  }

  #hasStoreMoved(sample: TimeSample): boolean {
    const last = this.#lastStoreSample
    if (last === undefined) return false
    const apartMs = Math.abs(sampleTimeAt(last, sample.monotonicMs) - sample.timeMs)
    return apartMs > sampleErrorAt(last, sample.monotonicMs, 2 * driftPpm) + sample.errorMs
  }

  /** UTC by its own daemon alone. */
  #ownUtc(monotonicMs: number): ClockReading | undefined {
    const { sample } = this.#recordOf(this.#ntp)
    if (sample === undefined || monotonicMs - sample.monotonicMs > staleAfterMs) return undefined
    return {
      timeMs: sampleTimeAt(sample, monotonicMs),
      errorMs: sampleErrorAt(sample, monotonicMs, driftPpm),
      status: 'synchronized',
    }
  }

  #take(record: SourceRecord, answer: TimeSample | SourceError): void {
    this.#estimate.check()
    if (answer instanceof SourceError) this.#ensemble.fail(record, answer)
    else this.#ensemble.accept(record, answer)
    const verdict = this.#ensemble.judge(this.host.monotonicMs(), this.#estimate.believed())
    if (verdict.kind === 'adopt') this.#estimate.adopt(verdict.sample)
  }

  /** The library looks twice a second; between the moves of its clocks there is nothing to see. */
  #checkAfterEachMove(): void {
    const { steps = [], suspends = [] } = this.model.clock
    const moves = [
      ...steps.map(step => step.atSeconds),
      ...suspends.map(suspend => suspend.atSeconds + suspend.forSeconds),
    ]
    const { timeline } = this.#world
    const startMs = timeline.nowMs
    for (const seconds of moves) {
      const noticedAtMs = startMs + seconds * 1000 + this.#random.uniform() * checkEveryMs
      timeline.at(noticedAtMs, () => this.#estimate.check())
    }
  }

  #recordOf(source: SimulatedSource): SourceRecord {
    const record = this.#ensemble.records.find(candidate => candidate.source === source)
    if (record === undefined) throw new RangeError(`${source.name} is no source of this server`)
    return record
  }
}
