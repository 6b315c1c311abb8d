import type { BatchObservableResult, Meter } from '@opentelemetry/api'
import type {
  CommonView,
  FleetAlarm,
  FleetNode,
  FleetStatus,
  IssuerSkew,
  NodeStanding,
} from '../fleet/index.ts'

/** Where the fleet's status comes from. */
export interface FleetObserver {
  status(): Promise<FleetStatus>
}

const kinds: readonly CommonView['kind'][] = ['utc', 'agreement', 'undecidable', 'pending']
const alarms: readonly FleetAlarm[] = ['majority-disagrees', 'undecidable']
const standings: readonly NodeStanding[] = ['agreeing', 'outvoted', 'undecided', 'without-utc', 'silent']

/** Of each node all others would show all: it shows itself, and those that are furthest off. */
const maxOthers = 32
const maxIssuers = 32

/** Measures the fleet as this node sees it whenever metrics are collected. */
export function observeFleet(meter: Meter, fleet: FleetObserver): () => void {
  const gauge = (name: string, description: string, unit = '') =>
    meter.createObservableGauge(name, { description, unit })
  const ready = gauge(
    'skewproof.node.ready',
    'Whether this node takes traffic, as far as its clock and the store go',
  )
  const nodes = gauge('skewproof.fleet.nodes', 'Nodes, by what most say of their clocks', '{node}')
  const view = gauge('skewproof.fleet.view', "1 for what the fleet's time rests on, 0 for what it does not")
  const alarm = gauge('skewproof.fleet.alarm', '1 while the fleet as a whole has this problem')
  const nodeOffset = gauge(
    'skewproof.fleet.node_offset',
    "A node's wall clock minus the fleet's time; positive: it is ahead",
    's',
  )
  const issuerAhead = gauge(
    'skewproof.issuer.ahead',
    "How far an issuer's clock is ahead at least, as its tokens have shown",
    's',
  )

  async function measure(result: BatchObservableResult): Promise<void> {
    const status = await fleet.status().catch(() => undefined)
    const self = status?.nodes.find(({ node }) => node === status.self)
    result.observe(ready, Number(self?.ready === true))
    if (status === undefined) return
    for (const kind of kinds) result.observe(view, Number(kind === status.view.kind), { kind })
    for (const one of alarms) result.observe(alarm, Number(one === status.view.alarm), { alarm: one })
    for (const standing of standings) {
      result.observe(nodes, status.nodes.filter(node => node.standing === standing).length, { standing })
    }
    for (const { node, offsetMs } of nodesToShow(status)) {
      if (offsetMs !== null) result.observe(nodeOffset, offsetMs / 1000, { node })
    }
    for (const { issuer, aheadMs } of issuersToShow(status.issuers)) {
      result.observe(issuerAhead, (aheadMs ?? 0) / 1000, { issuer })
    }
  }

  const observables = [ready, nodes, view, alarm, nodeOffset, issuerAhead]
  meter.addBatchObservableCallback(measure, observables)
  return () => meter.removeBatchObservableCallback(measure, observables)
}

function nodesToShow({ nodes, self }: FleetStatus): readonly FleetNode[] {
  const size = ({ offsetMs }: FleetNode) => Math.abs(offsetMs ?? 0)
  const others = nodes.filter(({ node }) => node !== self).toSorted((one, other) => size(other) - size(one))
  return [...nodes.filter(({ node }) => node === self), ...others.slice(0, maxOthers)]
}

function issuersToShow(issuers: readonly IssuerSkew[]): readonly IssuerSkew[] {
  return issuers.toSorted((one, other) => (other.aheadMs ?? 0) - (one.aheadMs ?? 0)).slice(0, maxIssuers)
}
