import type { ClockReading } from '../clock/clock.ts'
import { fuse, type SourceInterval } from '../clock/fusion.ts'
import type { TimeSample } from '../clock/source.ts'

/**
 * What a node that knows UTC says of the store's clock. The store is the transfer standard, as a satellite is in common-view
 * time transfer: its clock need not be right, only the same for all.
 */
export interface StoreReport {
  /** Which node says so. */
  readonly node: string
  /** Whose clock it rests on: all nodes of one machine have one vote. Default: the node's own. */
  readonly machine?: string
  /** When, by the store's clock, ms. */
  readonly atStoreMs: number
  /** The store's clock minus UTC. */
  readonly offsetMs: number
  readonly errorMs: number
}

export type CommonView =
  /** Most of those that report agree on UTC. */
  | {
      readonly kind: 'utc'
      /** The store's clock minus UTC. */
      readonly offsetMs: number
      readonly errorMs: number
      readonly agreeing: readonly string[]
      readonly outvoted: readonly string[]
    }
  /** Reports contradict each other, and none of them has a majority. */
  | {
      readonly kind: 'undecidable'
      readonly reporting: readonly string[]
      /** Whether half of them agree, at least: two against two, one against one. */
      readonly isTie: boolean
    }
  /** So many are yet to report anew on the store's clock that nothing can be said. */
  | { readonly kind: 'pending' }
  /** No node knows UTC: the store's clock is the fleet's time. */
  | { readonly kind: 'agreement' }

export interface CommonViewLimits {
  /** How fast the store's clock may drift at worst. */
  readonly driftPpm: number
  /** Older reports do not count. */
  readonly staleAfterMs: number
  /**
   * Machines that know UTC and have not said anything yet of the clock that the store has now: a liar must not win by being
   * the first to speak.
   */
  readonly awaited?: readonly string[]
}

/**
 * What a node says of the store's clock, from a sample of that clock and its own reading of UTC at the sample's instant.
 * The reading must rest on the node's own sources: one that rests on the common view would repeat what others said.
 */
export function reportOn(node: string, store: TimeSample, utc: ClockReading): StoreReport {
  return {
    node,
    atStoreMs: store.timeMs,
    offsetMs: store.timeMs - utc.timeMs,
    errorMs: store.errorMs + utc.errorMs,
  }
}

/**
 * What all reports say together at the instant `storeNowMs` of the store's clock. Whoever computes it from the same reports
 * gets the same: it depends neither on their order nor on who asks.
 *
 * @param reports of one epoch of the store's clock, one of each node
 */
export function viewInCommon(
  reports: readonly StoreReport[],
  storeNowMs: number,
  { driftPpm, staleAfterMs, awaited = [] }: CommonViewLimits,
): CommonView {
  const claims = reports
    .filter(report => isUsable(report) && Math.abs(storeNowMs - report.atStoreMs) <= staleAfterMs)
    .map(report => claimOf(report, storeNowMs, driftPpm))
  const votes = votesOf(claims)
  const silentVotes = new Set(awaited.filter(machine => !votes.some(({ name }) => name === machine))).size
  const fusion = fuse(votes, { silentVotes })
  if (fusion.kind === 'nothing') return { kind: silentVotes > 0 ? 'pending' : 'agreement' }
  if (fusion.kind === 'undecidable') {
    return { kind: 'undecidable', reporting: namesOf(claims), isTie: mostInCommon(votes) * 2 >= votes.length }
  }
  const { earliestMs, latestMs } = fusion
  const agrees = (claim: Claim) => claim.earliestMs <= latestMs && claim.latestMs >= earliestMs
  return {
    kind: 'utc',
    offsetMs: (earliestMs + latestMs) / 2,
    errorMs: (latestMs - earliestMs) / 2,
    agreeing: namesOf(claims.filter(agrees)),
    outvoted: namesOf(claims.filter(claim => !agrees(claim))),
  }
}

/**
 * How many votes the view has for a node of this machine, in its own decision between the view and its own sources: one for
 * each other machine that agrees. What the node has said itself must not confirm it.
 */
export function votesFor(view: CommonView, reports: readonly StoreReport[], machine: string): number {
  if (view.kind !== 'utc') return 0
  const agreeing = new Set(view.agreeing)
  const machines = reports.filter(({ node }) => agreeing.has(node)).map(machineOf)
  return new Set(machines.filter(other => other !== machine)).size
}

/** UTC by the fleet's view, from a sample of the store's clock. */
export function utcByView(
  store: TimeSample,
  { offsetMs, errorMs }: { readonly offsetMs: number; readonly errorMs: number },
): TimeSample {
  return { ...store, timeMs: store.timeMs - offsetMs, errorMs: store.errorMs + errorMs }
}

interface Claim {
  readonly node: string
  readonly machine: string
  readonly earliestMs: number
  readonly latestMs: number
}

function machineOf({ node, machine = node }: StoreReport): string {
  return machine
}

function claimOf(report: StoreReport, storeNowMs: number, driftPpm: number): Claim {
  const { node, atStoreMs, offsetMs, errorMs } = report
  const agedErrorMs = errorMs + Math.abs(storeNowMs - atStoreMs) * driftPpm * 1e-6
  return {
    node,
    machine: machineOf(report),
    earliestMs: offsetMs - agedErrorMs,
    latestMs: offsetMs + agedErrorMs,
  }
}

/** One vote of each machine, cast by the node that says most: whose bound is the smallest. */
function votesOf(claims: readonly Claim[]): readonly SourceInterval[] {
  const best = new Map<string, Claim>()
  for (const claim of claims) {
    const other = best.get(claim.machine)
    if (other === undefined || comparePrecision(claim, other) < 0) best.set(claim.machine, claim)
  }
  return [...best.values()].map(({ machine, earliestMs, latestMs }) => ({
    name: machine,
    earliestMs,
    latestMs,
    votes: 1,
  }))
}

/** The same for all, also among equals. */
function comparePrecision(one: Claim, other: Claim): number {
  const widthMs = one.latestMs - one.earliestMs - (other.latestMs - other.earliestMs)
  return widthMs !== 0 ? widthMs : one.node < other.node ? -1 : 1
}

/** How many of them hold one instant in common, at most. */
function mostInCommon(intervals: readonly SourceInterval[]): number {
  return Math.max(
    ...intervals.map(
      ({ earliestMs }) =>
        intervals.filter(other => other.earliestMs <= earliestMs && earliestMs <= other.latestMs).length,
    ),
  )
}

function namesOf(claims: readonly Claim[]): readonly string[] {
  return claims.map(({ node }) => node).toSorted()
}

/** They come out of a store that others write to. */
function isUsable({ atStoreMs, offsetMs, errorMs }: StoreReport): boolean {
  return [atStoreMs, offsetMs, errorMs].every(Number.isFinite) && errorMs >= 0
}
