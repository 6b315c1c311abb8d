/** What `GET /v1/fleet` answers, and the events of `GET /v1/events`. What is not known is null; positive offsets are ahead. */
export interface Fleet {
  /** The node that answers. */
  readonly self: string
  readonly serverTimeMs: number
  readonly view: View
  /** What is wrong, since when, and what to do: in words. */
  readonly sentence: string
  readonly nodes: readonly FleetNode[]
  readonly issuers: readonly AheadIssuer[]
}

export interface View {
  readonly kind: 'utc' | 'agreement' | 'undecidable'
  readonly storeOffsetMs: number | null
  readonly errorMs: number | null
  readonly agreeing: readonly string[]
  readonly outvoted: readonly string[]
  readonly alarm: string | null
}

export type Standing = 'agreeing' | 'outvoted' | 'without-utc' | 'silent'

export interface FleetNode {
  readonly node: string
  readonly host: string
  readonly role: 'service' | 'agent'
  readonly version: string
  readonly startedAgoMs: number | null
  readonly reportedAgoMs: number | null
  readonly clock: {
    readonly status: string
    readonly errorMs: number | null
    readonly wallOffsetMs: number | null
  }
  /** The wall clock minus the fleet's UTC, and the bound. */
  readonly offsetMs: number | null
  readonly errorMs: number | null
  /** What its own sources say of UTC, minus the fleet's UTC. */
  readonly ownOffsetMs: number | null
  readonly ownErrorMs: number | null
  readonly standing: Standing
  readonly ready: boolean
  readonly reasons: readonly { readonly code: string; readonly text: string }[]
  /** For how long it has been ready, or not. */
  readonly sinceMs: number | null
  readonly sources: readonly NodeSource[]
  /** By `valid`, `ambiguous` or an error's code. */
  readonly verdictsPerSecond: Readonly<Record<string, number>>
}

export interface NodeSource {
  readonly name: string
  readonly status: string
  readonly offsetMs: number | null
  readonly errorMs: number | null
}

/** An issuer whose tokens come from the future: by so much, at least, its clock is ahead. */
export interface AheadIssuer {
  readonly issuer: string
  readonly aheadMs: number
  readonly tokens: number
  readonly lastSeenAgoMs: number
}

export interface NodesEvent {
  readonly serverTimeMs: number
  readonly view: View
  readonly sentence: string
  readonly changed: readonly FleetNode[]
  readonly gone: readonly string[]
  readonly issuers?: readonly AheadIssuer[]
}

export type HappeningKind = 'step' | 'suspend' | 'revocation' | 'rotation' | 'readiness'

export interface Happening {
  readonly id: string | number
  readonly atMs: number
  readonly kind: HappeningKind
  readonly node: string
  readonly text: string
  readonly byMs?: number | null
}

/** What has changed, put into what was known. */
export function applyNodes(fleet: Fleet, event: NodesEvent): Fleet {
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
