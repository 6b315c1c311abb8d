import type { CommonView } from './common-view.ts'
import type { NodeReport } from './report.ts'

/** What a node's readiness follows from, as of one beat. */
export interface ReadinessFacts {
  readonly isOutvoted: boolean
  /** How many nodes serve requests, and how many of those the others outvote. */
  readonly services: number
  readonly outvotedServices: number
}

/** Whether a node may take traffic, as far as its clock is concerned. */
export interface Readiness {
  readonly ready: boolean
  /** When it became so, by this machine's monotonic clock, ms. */
  readonly sinceMs: number
  /** Since when, and for how many beats in a row, the facts have asked for the contrary. */
  readonly contrary: { readonly sinceMs: number; readonly beats: number } | undefined
}

export interface ReadinessLimits {
  /** How long a node has to be outvoted before it takes no traffic. */
  readonly drainAfterMs: number
  /** How long it has to be right again before it does. */
  readonly restoreAfterMs: number
}

export const readinessLimits: ReadinessLimits = { drainAfterMs: 1500, restoreAfterMs: 5000 }

/** One beat may have been unlucky. */
const beatsToChange = 2

export function initialReadiness(nowMs: number): Readiness {
  return { ready: true, sinceMs: nowMs, contrary: undefined }
}

/**
 * The readiness after one more beat.
 *
 * | outvoted | of those that serve are outvoted | should take traffic |
 * | --- | --- | --- |
 * | no | any | yes |
 * | yes | half at most | no |
 * | yes | more than half | yes: draining them would take the service down |
 *
 * It changes when that has been otherwise for long enough, and for two beats.
 */
export function nextReadiness(
  before: Readiness,
  facts: ReadinessFacts,
  nowMs: number,
  limits: ReadinessLimits = readinessLimits,
): Readiness {
  const wanted = !(facts.isOutvoted && mayDrain(facts))
  if (wanted === before.ready) return { ...before, contrary: undefined }
  const sinceMs = before.contrary?.sinceMs ?? nowMs
  const beats = (before.contrary?.beats ?? 0) + 1
  const afterMs = wanted ? limits.restoreAfterMs : limits.drainAfterMs
  if (beats >= beatsToChange && nowMs - sinceMs >= afterMs)
    return { ready: wanted, sinceMs: nowMs, contrary: undefined }
  return { ...before, contrary: { sinceMs, beats } }
}

function mayDrain({ services, outvotedServices }: ReadinessFacts): boolean {
  return outvotedServices * 2 <= services
}

/** The facts as a node of this name has them. An agent serves nobody, but is told all the same that it is outvoted. */
export function readinessFacts(view: CommonView, fresh: readonly NodeReport[], node: string): ReadinessFacts {
  const outvoted = new Set(view.kind === 'utc' ? view.outvoted : [])
  const services = fresh.filter(({ role }) => role === 'service')
  return {
    isOutvoted: outvoted.has(node),
    services: services.length,
    outvotedServices: services.filter(service => outvoted.has(service.node)).length,
  }
}

/** What is wrong with a fleet as a whole, and nobody is drained for. */
export type FleetAlarm = 'majority-disagrees' | 'undecidable'

/**
 * `undecidable`: two camps of the same size contradict each other. `majority-disagrees`: no half of those that know UTC agree;
 * or those that are outvoted are most of those that serve.
 */
export function fleetAlarm(
  view: CommonView,
  { services, outvotedServices }: ReadinessFacts,
): FleetAlarm | undefined {
  if (view.kind === 'undecidable') return view.isTie ? 'undecidable' : 'majority-disagrees'
  return mayDrain({ isOutvoted: false, services, outvotedServices }) ? undefined : 'majority-disagrees'
}
