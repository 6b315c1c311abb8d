import type { FleetDescriptions } from '../stores/fleet-store.ts'
import type { CommonView } from './common-view.ts'
import { decodeDescription, type StoredDescription } from './description.ts'
import { isName } from './report.ts'
import { judgeFleet } from './sentence.ts'
import type { FleetNode, FleetStatus, FleetView, IssuerSkew, NodeStanding } from './status.ts'

/** What the node that looks at the fleet knows itself. */
export interface Observer {
  readonly self: string
  readonly serverTimeMs: number
  readonly view: CommonView
  readonly alarm: FleetView['alarm']
  /** A node that has not reported for longer is silent. */
  readonly staleAfterMs: number
  readonly issuers: readonly IssuerSkew[]
}

/** All nodes with what the view says of them. */
export function describeFleet({ timeMs, nodes }: FleetDescriptions, observer: Observer): FleetStatus {
  const { self, serverTimeMs, view, issuers } = observer
  const claims: number[] = []
  const described = nodes.flatMap(({ node, atMs, description }) => {
    const said = isName(node) ? decodeDescription(description) : undefined
    if (said === undefined) return []
    if (said.own !== null) claims.push(said.own.offsetMs)
    return [describeNode(node, Math.max(0, timeMs - atMs), said, observer)]
  })
  const fleet = {
    self,
    serverTimeMs,
    view: describeView(view, observer.alarm),
    nodes: described.toSorted((one, other) => (one.node < other.node ? -1 : 1)),
    issuers,
  }
  const spreadMs = claims.length > 0 ? Math.max(...claims) - Math.min(...claims) : 0
  return { ...fleet, sentence: judgeFleet(fleet, spreadMs).text }
}

function describeView(view: CommonView, alarm: FleetView['alarm']): FleetView {
  const isUtc = view.kind === 'utc'
  return {
    kind: view.kind,
    storeOffsetMs: isUtc ? view.offsetMs : null,
    errorMs: isUtc ? view.errorMs : null,
    agreeing: isUtc ? view.agreeing : [],
    outvoted: isUtc ? view.outvoted : [],
    alarm,
  }
}

function describeNode(node: string, agoMs: number, said: StoredDescription, observer: Observer): FleetNode {
  const { wall, own, ...description } = said
  const { view } = observer
  // In agreement the store's clock is the fleet's time.
  const store =
    view.kind === 'utc' ? view : view.kind === 'agreement' ? { offsetMs: 0, errorMs: 0 } : undefined
  const known = store !== undefined
  return {
    ...description,
    node,
    reportedAgoMs: agoMs,
    startedAgoMs: description.startedAgoMs + agoMs,
    sinceMs: description.sinceMs + agoMs,
    offsetMs: known && wall ? wall.offsetMs + store.offsetMs : null,
    errorMs: known && wall ? wall.errorMs + store.errorMs : null,
    ownOffsetMs: known && own ? store.offsetMs - own.offsetMs : null,
    ownErrorMs: known && own ? store.errorMs + own.errorMs : null,
    standing: standingOf(node, agoMs, own !== null, observer),
  }
}

function standingOf(
  node: string,
  agoMs: number,
  hasUtc: boolean,
  { view, staleAfterMs }: Observer,
): NodeStanding {
  if (agoMs > staleAfterMs) return 'silent'
  if (!hasUtc) return 'without-utc'
  if (view.kind !== 'utc') return 'undecided'
  if (view.outvoted.includes(node)) return 'outvoted'
  return view.agreeing.includes(node) ? 'agreeing' : 'undecided'
}
