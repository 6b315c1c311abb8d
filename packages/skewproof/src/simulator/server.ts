import { orAgreement } from '../clock/agreement.ts'
import { Belief } from '../clock/belief.ts'
import { type ClockReading, isReliable } from '../clock/clock.ts'
import type { SourceRecord } from '../clock/ensemble.ts'
import { Estimate } from '../clock/estimate.ts'
import { nextPollMs } from '../clock/polling.ts'
import { SourceError, type TimeSample, type TimeSource } from '../clock/source.ts'
import { reportOn, utcByView } from '../fleet/common-view.ts'
import { followStoreClock, type StoreClockState } from '../fleet/store-clock.ts'
import type { SimulatedHost } from './clock-model.ts'
import type { SimulatedFleet } from './fleet.ts'
import type { Random } from './random.ts'
import type { NtpModel, ServerModel } from './scenario.ts'
import type { SimulatedStore } from './store.ts'
import type { Timeline } from './timeline.ts'

/** What all servers live in. */
export interface World {
  readonly timeline: Timeline
  readonly random: Random
  readonly store: SimulatedStore
  readonly fleet: SimulatedFleet
  /** Seconds from the beginning. */
  secondsPassed(): number
}

/** As the library's defaults. */
const clockDefaults = { driftPpm: 200, maxErrorMs: 1000, freshForMs: 180_000 }
const ensembleDefaults = { driftPpm: 200, maxCorrectionMs: 1_000_000, staleAfterMs: 512_000 }
/** How long a disturbance goes unnoticed when nobody reads the clock. */
const checkEveryMs = 500

/** A source that a simulation asks itself. */
class SimulatedSource implements TimeSource {
  readonly name: string
  readonly authenticated: boolean = false
  readonly minPollMs: number = 0
  readonly restsOnOthers: boolean
  votes: number = 1

  constructor(name: string, restsOnOthers: boolean) {
    this.name = name
    this.restsOnOthers = restsOnOthers
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
  /** What its time daemon does now. Who watches may let it die, or lie: it is asked again at its next poll. */
  ntp: NtpModel
  /** When it last heard all that had changed in the store, by its monotonic clock. */
  heardStoreAtMs: number = Number.NEGATIVE_INFINITY
  readonly #world: World
  readonly #random: Random
  readonly #daemon = new SimulatedSource('ntp', false)
  readonly #view = new SimulatedSource('fleet', true)
  readonly #belief: Belief
  readonly #own: Belief
  readonly #agreement: Estimate
  #polls = 0
  #storeClock: StoreClockState | undefined
  #beats = 0

  constructor(index: number, model: ServerModel, host: SimulatedHost, world: World) {
    this.index = index
    this.model = model
    this.ntp = model.ntp
    this.host = host
    this.#world = world
    this.#random = world.random.fork()
    const quiet = { ...clockDefaults, host, onDisturbance: () => {} }
    const clockOptions = { ...quiet, onDisturbance: () => this.#onDisturbance() }
    this.#belief = new Belief([this.#daemon, this.#view], clockOptions, ensembleDefaults)
    this.#own = new Belief([this.#daemon], quiet, ensembleDefaults)
    this.#agreement = new Estimate(quiet)
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
    return orAgreement(this.#belief.clock.now(), this.#readAgreement)
  }

  get wallOffsetMs(): number | undefined {
    return this.#belief.clock.wallOffsetMs
  }

  /** How each of its sources stands. */
  get standings(): readonly { readonly name: string; readonly standing: string }[] {
    return this.#belief.ensemble.records.map(({ source, standing }) => ({ name: source.name, standing }))
  }

  readonly #readAgreement = (): ClockReading => this.#agreement.now()

  #onDisturbance(): void {
    this.#checkOthers()
    for (const { ensemble } of [this.#belief, this.#own]) ensemble.forgetSamples()
    this.#polls += 1
    const polls = this.#polls
    this.#world.timeline.after(0, () => this.#poll(polls))
  }

  /** Asks its time daemon, and again later; `polls` tells a chain of polls from one that has taken its place. */
  #poll(polls: number): void {
    if (polls !== this.#polls) return
    const record = this.#recordOf(this.#daemon)
    if (!this.isSuspended) this.#take(this.#daemon, this.#askNtp())
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
    const { diesAtSeconds, offsetSeconds, errorMs } = this.ntp
    if (this.#world.secondsPassed() >= diesAtSeconds)
      return new SourceError('timeout', 'the time daemon is dead')
    const timeMs = this.#world.timeline.nowMs + offsetSeconds * 1000 + this.#random.within(errorMs)
    return { monotonicMs: this.host.monotonicMs(), timeMs, errorMs }
  }

  /** Measures the store's clock, says what it is off by the own daemon, and learns what the others say. */
  #beat(): void {
    const { timeline, store, fleet } = this.#world
    timeline.after(fleet.beatEveryMs * (0.875 + 0.25 * this.#random.uniform()), () => this.#beat())
    if (this.isSuspended) return
    if (!store.answers(this)) {
      this.#take(this.#view, new SourceError('unreachable', 'the store does not answer'))
      return
    }
    const sample = this.#measureStore()
    if (this.#hasStoreMoved(sample)) {
      // It may be this machine that stood still: then the others' word is still good for them.
      if (store.wasMoved()) fleet.forget()
      this.#take(this.#view, new SourceError('unsynchronized', 'what the others say now is awaited'))
      return
    }
    const utc = this.#own.clock.now()
    const { name } = this.model
    if (isReliable(utc)) fleet.leave(reportOn(name, sample, utc))
    const view = fleet.view(sample.timeMs)
    if (view.kind === 'utc') {
      const votes = fleet.votesFor(view, name)
      this.#view.votes = votes
      this.#take(this.#view, { ...utcByView(sample, view), votes })
    } else if (view.kind === 'agreement') {
      this.#agreement.adopt(sample)
      this.#take(this.#view, { ...sample, votes: 0 })
    } else this.#take(this.#view, new SourceError('unsynchronized', 'the fleet cannot tell'))
  }

  #measureStore(): TimeSample {
    const { store } = this.#world
    const errorMs = store.roundTripMs() / 2
    const timeMs = store.host.wallMs() + this.#random.within(errorMs)
    return { monotonicMs: this.host.monotonicMs(), timeMs, errorMs }
  }

  /** Whether the store's clock is another than before: then what was said of it is void. */
  #hasStoreMoved(sample: TimeSample): boolean {
    this.#beats += 1
    const host = { monotonicMs: sample.monotonicMs, uptimeMs: this.host.uptimeMs() }
    const before = this.#storeClock
    const now = followStoreClock(before, { sample, host, epoch: 'simulated', sequence: this.#beats })
    this.#storeClock = now
    return before !== undefined && now.voidUpTo !== before.voidUpTo
  }

  #take(source: SimulatedSource, answer: TimeSample | SourceError): void {
    this.#belief.clock.check()
    this.#checkOthers()
    const monotonicMs = this.host.monotonicMs()
    this.#belief.take(source, answer, monotonicMs)
    this.#own.take(source, answer, monotonicMs)
  }

  #checkOthers(): void {
    this.#own.clock.check()
    this.#agreement.check()
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
      timeline.at(noticedAtMs, () => this.#belief.clock.check())
    }
  }

  #recordOf(source: SimulatedSource): SourceRecord {
    const record = this.#belief.ensemble.records.find(candidate => candidate.source === source)
    if (record === undefined) throw new RangeError(`${source.name} is no source of this server`)
    return record
  }
}
