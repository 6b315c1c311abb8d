import type { ClockReading } from '../clock/clock.ts'
import { fuse } from '../clock/fusion.ts'
import type { TimeSample } from '../clock/source.ts'

/**
 * What a node that knows UTC says of the store's clock. The store is the transfer standard, as a satellite is in common-view
 * time transfer: its clock need not be right, only the same for all.
 */
export interface StoreReport {
  /** Which node says so. */
  readonly node: string
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
  | { readonly kind: 'undecidable'; readonly reporting: readonly string[] }
  /** No node knows UTC: the store's clock is the fleet's time. */
  | { readonly kind: 'agreement' }

export interface CommonViewLimits {
  /** How fast the store's clock may drift at worst. */
  readonly driftPpm: number
  /** Older reports do not count. */
  readonly staleAfterMs: number
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
  { driftPpm, staleAfterMs }: CommonViewLimits,
): CommonView {
  const fresh = reports.filter(report => isUsable(report) && storeNowMs - report.atStoreMs <= staleAfterMs)
  const fusion = fuse(
    fresh.map(({ node, atStoreMs, offsetMs, errorMs }) => {
      const agedErrorMs = errorMs + Math.abs(storeNowMs - atStoreMs) * driftPpm * 1e-6
      return { name: node, earliestMs: offsetMs - agedErrorMs, latestMs: offsetMs + agedErrorMs, votes: 1 }
    }),
  )
  if (fusion.kind === 'nothing') return { kind: 'agreement' }
  if (fusion.kind === 'undecidable') {
    return { kind: 'undecidable', reporting: fresh.map(({ node }) => node).toSorted() }
  }
  return {
    kind: 'utc',
    offsetMs: (fusion.earliestMs + fusion.latestMs) / 2,
    errorMs: (fusion.latestMs - fusion.earliestMs) / 2,
    agreeing: fusion.truechimers.toSorted(),
    outvoted: fusion.falsetickers.toSorted(),
  }
}

/** They come out of a store that others write to. */
function isUsable({ atStoreMs, offsetMs, errorMs }: StoreReport): boolean {
  return [atStoreMs, offsetMs, errorMs].every(Number.isFinite) && errorMs >= 0
}

/** UTC by the fleet's view, from a sample of the store's clock. */
export function utcByView(
  store: TimeSample,
  { offsetMs, errorMs }: { readonly offsetMs: number; readonly errorMs: number },
): TimeSample {
  return { ...store, timeMs: store.timeMs - offsetMs, errorMs: store.errorMs + errorMs }
}
