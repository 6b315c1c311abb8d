import type { FleetNode, FleetStatus, FleetView, Happening as NodeHappening } from 'skewproof/fleet'

/** The data of `event: nodes`: what has changed since the event before. */
export interface NodesEvent {
  readonly serverTimeMs: number
  readonly view: FleetView
  readonly sentence: string
  readonly changed: readonly FleetNode[]
  readonly gone: readonly string[]
  readonly issuers?: FleetStatus['issuers']
}

export type HappeningKind = NodeHappening['kind'] | 'revocation' | 'rotation'

/** The data of `event: happening`. */
export interface Happening {
  readonly id: string
  readonly atMs: number
  readonly kind: HappeningKind
  /** To whom; null where the store does not tell who did it. */
  readonly node: string | null
  readonly text: string
}

/** What has changed, put into what was known. */
export function applyNodes(fleet: FleetStatus, event: NodesEvent): FleetStatus {
  const changed = new Map(event.changed.map(node => [node.node, node]))
  const gone = new Set(event.gone)
  const kept = fleet.nodes
    .filter(({ node }) => !gone.has(node))
    .map(known => {
      const news = changed.get(known.node)
      changed.delete(known.node)
      return news ?? known
    })
  return {
    self: fleet.self,
    serverTimeMs: event.serverTimeMs,
    view: event.view,
    sentence: event.sentence,
    nodes: [...kept, ...[...changed.values()].filter(({ node }) => !gone.has(node))],
    issuers: event.issuers ?? fleet.issuers,
  }
}
