import type { FleetNode, FleetStatus } from 'skewproof/fleet'

/** How a clock is, for whoever looks: a shape, a colour and a word each. */
export type Condition = 'right' | 'off' | 'outvoted' | 'contradicted' | 'blind' | 'silent'

/** From here on other software on the machine suffers, and the alert rules speak. */
export const noticeableMs = 100

/** What verifiers usually forgive; beyond it tokens are refused, or live too long. */
export const usualToleranceMs = 30_000

export function conditionOf({ standing, offsetMs, errorMs }: FleetNode): Condition {
  if (standing === 'outvoted' || standing === 'silent') return standing
  if (standing === 'undecided') return 'contradicted'
  // Surely off: also at the near end of what is possible.
  if (offsetMs !== null && Math.abs(offsetMs) - (errorMs ?? 0) > noticeableMs) return 'off'
  return standing === 'without-utc' ? 'blind' : 'right'
}

export const conditionWords: Readonly<Record<Condition, string>> = {
  right: 'right',
  off: 'wall clock off',
  outvoted: 'outvoted',
  contradicted: 'contradicted',
  blind: 'no time source',
  silent: 'silent',
}

const order: readonly Condition[] = ['outvoted', 'contradicted', 'off', 'silent', 'blind', 'right']

/** The worst first; among equals the furthest off, and then by name. */
export function worstFirst(nodes: readonly FleetNode[]): readonly FleetNode[] {
  const keyed = nodes.map(node => {
    const condition = conditionOf(node)
    // Clocks that are right stay where they are from one second to the next.
    const offMs = condition === 'right' || condition === 'blind' ? 0 : Math.abs(node.offsetMs ?? 0)
    return { node, rank: order.indexOf(condition), offMs: Math.round(offMs / 100) }
  })
  keyed.sort((a, b) => a.rank - b.rank || b.offMs - a.offMs || byName(a.node, b.node))
  return keyed.map(({ node }) => node)
}

function byName(a: FleetNode, b: FleetNode): number {
  if (a.node === b.node) return 0
  return a.node < b.node ? -1 : 1
}

export type Severity = 'good' | 'warning' | 'bad'

/** How loud the sentence is. */
export function severityOf({ view, nodes }: Pick<FleetStatus, 'view' | 'nodes'>): Severity {
  if (view.alarm !== null || view.kind === 'undecidable') return 'bad'
  if (nodes.some(node => node.standing === 'outvoted' || !node.ready)) return 'bad'
  const isFine = view.kind === 'utc' && nodes.every(node => conditionOf(node) === 'right')
  return isFine ? 'good' : 'warning'
}
