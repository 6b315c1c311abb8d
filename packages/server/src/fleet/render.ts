import type { FleetNode, FleetStatus } from 'skewproof/fleet'
import { formatMs, formatOffset } from '../clock/format.ts'
import { table } from '../commands/output.ts'

/** As `skewproof clock` marks sources. */
const marks: Readonly<Record<FleetNode['standing'], string>> = {
  agreeing: '*',
  outvoted: 'x',
  undecided: '~',
  'without-utc': ' ',
  silent: '?',
}

/** What there is to say, and a line for each node. */
export function renderFleet(fleet: FleetStatus): string {
  return [fleet.sentence, ...renderNodes(fleet.nodes), ...renderIssuers(fleet)].join('\n')
}

function renderNodes(nodes: readonly FleetNode[]): readonly string[] {
  if (nodes.length === 0) return []
  const rows = nodes.map(node => [
    `${marks[node.standing]} ${node.node}`,
    node.clock.status,
    node.clock.errorMs === null ? '-' : formatMs(node.clock.errorMs),
    node.offsetMs === null ? '-' : formatOffset(node.offsetMs),
    node.ownOffsetMs === null ? '-' : formatOffset(node.ownOffsetMs),
    node.standing,
    node.role === 'agent' ? 'agent' : node.ready ? 'yes' : 'no',
    node.reasons.map(({ text }) => text).join('; '),
  ])
  return [
    '',
    table([['  node', 'clock', 'bound', 'wall clock', 'its sources', 'standing', 'ready', ''], ...rows]),
  ]
}

function renderIssuers({ issuers }: FleetStatus): readonly string[] {
  const ahead = issuers.filter(({ aheadMs }) => aheadMs !== null)
  if (ahead.length === 0) return []
  const rows = ahead.map(({ issuer, aheadMs, tokens }) => [issuer, formatMs(aheadMs ?? 0), String(tokens)])
  return ['', table([['issuer', 'ahead by at least', 'tokens seen'], ...rows])]
}
