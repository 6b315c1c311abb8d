import type { ClockStatus } from '../clock/clock.ts'
import type { SourceStanding } from '../clock/source.ts'
import type { CommonView } from './common-view.ts'
import type { FleetAlarm } from './readiness.ts'
import type { NodeRole } from './report.ts'

/**
 * The fleet as one of its nodes sees it: the body of `/v1/fleet`. What is not known is null. All offsets are that clock minus
 * true time: positive is ahead.
 */
export interface FleetStatus {
  /** The node that says so. */
  readonly self: string
  /** By its bounded clock. */
  readonly serverTimeMs: number
  readonly view: FleetView
  /** Who is wrong, by how much, since when, and what to do. */
  readonly sentence: string
  readonly nodes: readonly FleetNode[]
  readonly issuers: readonly IssuerSkew[]
}

export interface FleetView {
  readonly kind: CommonView['kind']
  /** The store's clock minus UTC, and the bound. */
  readonly storeOffsetMs: number | null
  readonly errorMs: number | null
  /** Nodes that report UTC. */
  readonly agreeing: readonly string[]
  readonly outvoted: readonly string[]
  readonly alarm: FleetAlarm | null
}

/**
 * - `agreeing`: what it says of UTC is what most say.
 * - `outvoted`: it is not.
 * - `undecided`: it says something, and there is no majority, or not yet.
 * - `without-utc`: it has no UTC of its own.
 * - `silent`: it has not reported lately.
 */
export type NodeStanding = 'agreeing' | 'outvoted' | 'undecided' | 'without-utc' | 'silent'

export interface FleetNode extends NodeDescription {
  readonly node: string
  readonly reportedAgoMs: number
  readonly startedAgoMs: number
  readonly sinceMs: number
  /** Its wall clock minus the fleet's time, and the bound. */
  readonly offsetMs: number | null
  readonly errorMs: number | null
  /** UTC by its own sources minus the fleet's time, and the bound. */
  readonly ownOffsetMs: number | null
  readonly ownErrorMs: number | null
  readonly standing: NodeStanding
}

/** What a node says of itself. Spans of time count until it said so. */
export interface NodeDescription {
  readonly host: string
  readonly role: NodeRole
  readonly version: string
  readonly startedAgoMs: number
  /** What its bounded clock says. */
  readonly clock: {
    readonly status: ClockStatus
    readonly errorMs: number | null
    readonly wallOffsetMs: number | null
  }
  /** Whether it takes traffic, for how long that has been so, and why not. */
  readonly ready: boolean
  readonly sinceMs: number
  readonly reasons: readonly ReadinessReason[]
  readonly sources: readonly NodeSource[]
  /** By `valid`, `ambiguous`, or the code of the refusal. */
  readonly verdictsPerSecond: Readonly<Record<string, number>>
  readonly happenings: readonly Happening[]
}

export interface ReadinessReason {
  /** Stable: `clock-outvoted`. */
  readonly code: string
  readonly text: string
}

export interface NodeSource {
  readonly name: string
  readonly status: SourceStanding
  readonly offsetMs: number | null
  readonly errorMs: number | null
}

/** Something that happened to a node: its wall clock was set, its machine slept, it takes traffic or takes none. */
export interface Happening {
  /** No two of a fleet have the same. */
  readonly id: string
  /** By the node's bounded clock. */
  readonly atMs: number
  readonly kind: 'step' | 'suspend' | 'readiness'
  readonly byMs: number | null
  readonly text: string
}

/** How far an issuer's clock is ahead, as far as its tokens have shown. */
export interface IssuerSkew {
  readonly issuer: string
  /** At least so far; null when none of its tokens came from the future. */
  readonly aheadMs: number | null
  readonly tokens: number
  readonly lastSeenAgoMs: number
}
