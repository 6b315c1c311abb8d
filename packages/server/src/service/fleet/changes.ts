import type { FleetNode, FleetStatus } from 'skewproof/fleet'

/** What is different in one status of the fleet from the one before. */
export interface FleetChanges {
  readonly serverTimeMs: number
  readonly view: FleetStatus['view']
  readonly sentence: string
  readonly changed: readonly FleetNode[]
  readonly gone: readonly string[]
  readonly issuers?: FleetStatus['issuers']
}

/** Nodes that have reported since, or fell silent; nodes that are gone; issuers where they are others. */
export function changesOf(before: FleetStatus, after: FleetStatus): FleetChanges {
  const known = new Map(before.nodes.map(node => [node.node, node]))
  const present = new Set(after.nodes.map(({ node }) => node))
  const elapsedMs = after.serverTimeMs - before.serverTimeMs
  const isChanged = (node: FleetNode): boolean => {
    const earlier = known.get(node.node)
    if (earlier === undefined || earlier.standing !== node.standing) return true
    // It is as old as it was, and time has passed: the same word.
    return node.reportedAgoMs < earlier.reportedAgoMs + elapsedMs / 2
  }
  const isSameIssuers = JSON.stringify(summary(before)) === JSON.stringify(summary(after))
  return {
    serverTimeMs: after.serverTimeMs,
    view: after.view,
    sentence: after.sentence,
    changed: after.nodes.filter(isChanged),
    gone: before.nodes.map(({ node }) => node).filter(node => !present.has(node)),
    ...(!isSameIssuers && { issuers: after.issuers }),
  }
}

/** What of issuers does not change with every second. */
function summary({ issuers }: FleetStatus): unknown {
  return issuers.map(({ issuer, aheadMs, tokens }) => [issuer, aheadMs, tokens])
}
