import { type HostReading, readHost } from '../clock/disturbance.ts'
import {
  type AskingClock,
  isReliable,
  type MeasureContext,
  SourceError,
  type TimeSample,
  type TimeSource,
} from '../clock/index.ts'
import type { FleetDescriptions, FleetReading, FleetStore } from '../stores/fleet-store.ts'
import { beatIntervalMs, staleAfterMs } from './cadence.ts'
import { type CommonView, reportOn, utcByView, viewInCommon, votesFor } from './common-view.ts'
import { describeSelf, encodeDescription, type OwnFacts } from './description.ts'
import type { NodeIdentity } from './identity.ts'
import { Presence } from './presence.ts'
import {
  type FleetAlarm,
  fleetAlarm,
  initialReadiness,
  nextReadiness,
  type Readiness,
  type ReadinessFacts,
  readinessFacts,
} from './readiness.ts'
import { decodeReports, encodeReport, type NodeReport, shortEpoch, storeReports } from './report.ts'
import { fleetSourceName } from './sentence.ts'
import { followStoreClock, type StoreClockState } from './store-clock.ts'

/** What a node knows of its fleet as of its last beat. */
export interface FleetKnowledge {
  readonly view: CommonView
  readonly alarm: FleetAlarm | undefined
  readonly facts: ReadinessFacts
  readonly readiness: Readiness
  /** A node that has not reported for longer is silent. */
  readonly staleAfterMs: number
}

export interface FleetMemberOptions {
  readonly store: FleetStore
  readonly identity: NodeIdentity
  /** What is said of this node besides its clock. Default: nothing. */
  readonly describe?: () => OwnFacts
  /** Told of each beat that was answered. */
  readonly onBeat?: (knowledge: FleetKnowledge) => void
}

/** How fast the store's clock may drift: what a time daemon slews at. */
const storeDriftPpm = 500
/** A monotonic clock that has lost more against the uptime has stood still: the machine slept. */
const sleepMs = 100

/**
 * A node of a fleet, as a source of time for its clock: each measurement is a heartbeat. It leaves word of this node in the
 * store, reads the store's clock, and tells UTC by what the other nodes say of that clock.
 */
export class FleetMember implements TimeSource {
  readonly name: string = fleetSourceName
  readonly authenticated: boolean = false
  readonly restsOnOthers: boolean = true
  readonly minPollMs: number = 0
  readonly identity: NodeIdentity
  /** When the fleet has had its say for the first time, or the store could not be asked. */
  readonly settled: Promise<void>
  readonly #store: FleetStore
  readonly #describe: () => OwnFacts
  readonly #onBeat: (knowledge: FleetKnowledge) => void
  /** The last reading of the store's clock, and of this machine's with it. */
  #last: (StoreClockState & { readonly host: HostReading }) | undefined
  #knowledge: FleetKnowledge | undefined
  readonly #presence = new Presence()
  #startedMs: number | undefined
  #nodes = 1
  #votes = 1
  #settle = (): void => {}
  #left: Promise<void> | undefined

  constructor({ store, identity, describe = () => ({}), onBeat = () => {} }: FleetMemberOptions) {
    this.#store = store
    this.identity = identity
    this.#describe = describe
    this.#onBeat = onBeat
    this.settled = new Promise(resolve => {
      this.#settle = resolve
    })
  }

  /** How many votes the view has, or will have when those have spoken that are awaited. */
  get votes(): number {
    return this.#votes
  }

  /** One heartbeat. */
  get maxPollMs(): number {
    const intervalMs = beatIntervalMs(this.#nodes, this.#store.beatEveryMs)
    return this.#knowledge?.view.kind === 'pending' ? intervalMs / 2 : intervalMs
  }

  /** `undefined` until a beat was answered. */
  get knowledge(): FleetKnowledge | undefined {
    return this.#knowledge
  }

  /** @throws SourceError while the fleet cannot tell, and where the store cannot be asked */
  async measure(context: MeasureContext): Promise<TimeSample> {
    try {
      return await this.#measure(context)
    } finally {
      const isAwaited = this.#knowledge?.view.kind === 'pending' && this.#votes > 0
      if (!isAwaited) this.#settle()
    }
  }

  /** What all nodes say of themselves. */
  readDescriptions(): Promise<FleetDescriptions> {
    return this.#store.readDescriptions()
  }

  /** Takes away what this node has left. Where that fails, it is forgotten by and by. */
  leave(): Promise<void> {
    this.#left ??= this.#store.leave(this.identity.node).catch(() => {})
    return this.#left
  }

  close(): void {
    void this.leave()
  }

  async #measure({ host: hostClock, clock }: MeasureContext): Promise<TimeSample> {
    const host = readHost(hostClock)
    this.#startedMs ??= host.uptimeMs
    const reading = await this.#beat(host, clock)
    const sample = this.#sampleOf(reading, host, hostClock.monotonicMs())
    const state = followStoreClock(this.#last, { ...reading, sample, host })
    this.#last = { ...state, host }
    const reports = decodeReports(reading.reports)
    const { view } = this.#learn(reports, state, host.uptimeMs)
    return this.#timeBy(view, sample)
  }

  #beat(host: HostReading, clock: AskingClock | undefined): Promise<FleetReading> {
    const { node, machine, role } = this.identity
    const utc = clock === undefined ? 'none' : this.#ownUtc(clock, host)
    const description = describeSelf(this.identity, {
      startedAgoMs: host.uptimeMs - (this.#startedMs ?? host.uptimeMs),
      clock,
      readiness: this.#knowledge?.readiness ?? initialReadiness(host.uptimeMs),
      nowMs: host.uptimeMs,
      wall: this.#last && wallOffset(this.#last),
      own: typeof utc === 'object' ? utc : undefined,
      facts: this.#describe(),
    })
    return this.#store.beat({
      node,
      report: encodeReport({
        node,
        machine,
        role,
        sequence: this.#last?.sequence ?? 0,
        epoch: shortEpoch(this.#last?.epoch ?? ''),
        utc,
      }),
      description: encodeDescription(description),
    })
  }

  /** What this node's own sources say of the store's clock as it was read last. */
  #ownUtc(clock: AskingClock, now: HostReading): NodeReport['utc'] {
    const utc = clock.own.now()
    const isPending = clock.sources.some(({ name, status }) => name !== this.name && status === 'pending')
    if (!isReliable(utc)) return isPending ? 'awaited' : 'none'
    if (this.#last === undefined) return 'awaited'
    const { sample, host } = this.#last
    const hasSlept = now.uptimeMs - host.uptimeMs - (now.monotonicMs - host.monotonicMs) > sleepMs
    if (hasSlept) return 'awaited'
    const timeMs = utc.timeMs - (now.monotonicMs - sample.monotonicMs)
    const { atStoreMs, offsetMs, errorMs } = reportOn(this.identity.node, sample, { ...utc, timeMs })
    return { atStoreMs, offsetMs, errorMs }
  }

  #sampleOf({ timeMs }: FleetReading, asked: HostReading, answeredMs: number): TimeSample {
    const halfTripMs = (answeredMs - asked.monotonicMs) / 2
    return {
      monotonicMs: asked.monotonicMs,
      timeMs: timeMs - halfTripMs,
      errorMs: halfTripMs + this.#store.resolutionMs,
    }
  }

  #learn(
    all: readonly NodeReport[],
    { sample: { timeMs }, epoch, voidUpTo }: StoreClockState,
    nowMs: number,
  ): FleetKnowledge {
    this.#nodes = all.length
    const { machine, node } = this.identity
    const stale = staleAfterMs(beatIntervalMs(this.#nodes, this.#store.beatEveryMs))
    const reports = this.#presence.filter(all, nowMs, stale)
    const isVoid = (report: NodeReport) => report.sequence <= voidUpTo || report.epoch !== shortEpoch(epoch)
    const isAwaited = (report: NodeReport) =>
      report.utc === 'awaited' || (report.utc !== 'none' && isVoid(report))
    const awaited = reports.filter(isAwaited).map(report => report.machine)
    const claims = storeReports(reports.filter(report => !isAwaited(report)))
    const view = viewInCommon(claims, timeMs, { driftPpm: storeDriftPpm, staleAfterMs: stale, awaited })
    this.#votes =
      view.kind === 'pending'
        ? new Set(awaited.filter(other => other !== machine)).size
        : votesFor(view, claims, machine)
    const facts = readinessFacts(view, reports, node)
    const before = this.#knowledge?.readiness ?? initialReadiness(nowMs)
    const knowledge = {
      view,
      alarm: fleetAlarm(view, facts),
      facts,
      readiness: nextReadiness(before, facts, nowMs),
      staleAfterMs: stale,
    }
    this.#knowledge = knowledge
    this.#onBeat(knowledge)
    return knowledge
  }

  #timeBy(view: CommonView, sample: TimeSample): TimeSample {
    switch (view.kind) {
      case 'utc':
        return { ...utcByView(sample, view), votes: this.#votes }
      case 'agreement':
        return { ...sample, votes: 0, isAgreement: this.#store.tellsTimeOfDay }
      case 'undecidable':
        throw new SourceError('unsynchronized', `${view.reporting.length} nodes contradict each other`)
      case 'pending':
        throw new SourceError('unsynchronized', 'other nodes are yet to say what they know')
    }
  }
}

function wallOffset({ host, sample }: { host: HostReading; sample: TimeSample }): {
  offsetMs: number
  errorMs: number
} {
  return { offsetMs: host.wallMs - sample.timeMs, errorMs: sample.errorMs }
}
