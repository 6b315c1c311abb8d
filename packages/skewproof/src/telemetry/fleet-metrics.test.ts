import { metrics } from '@opentelemetry/sdk-node'
import { expect, it, onTestFinished } from 'vitest'
import type { FleetNode, FleetStatus } from '../fleet/index.ts'
import { type FleetObserver, instrument } from './index.ts'

function node(name: string, offsetMs: number | null, more: Partial<FleetNode> = {}): FleetNode {
  return {
    node: name,
    host: name,
    role: 'service',
    version: '1.0.0',
    startedAgoMs: 1000,
    reportedAgoMs: 10,
    sinceMs: 1000,
    clock: { status: 'synchronized', errorMs: 1, wallOffsetMs: offsetMs },
    offsetMs,
    errorMs: 1,
    ownOffsetMs: 0,
    ownErrorMs: 1,
    standing: 'agreeing',
    ready: true,
    reasons: [],
    sources: [],
    verdictsPerSecond: {},
    happenings: [],
    ...more,
  }
}

function fleetOf(nodes: readonly FleetNode[], more: Partial<FleetStatus> = {}): FleetStatus {
  return {
    self: 'web-1',
    serverTimeMs: 0,
    view: { kind: 'utc', storeOffsetMs: 0, errorMs: 1, agreeing: [], outvoted: [], alarm: null },
    sentence: '',
    nodes,
    issuers: [],
    ...more,
  }
}

/** What one collection shows, by name and attributes. */
async function collect(fleet: FleetObserver): Promise<ReadonlyMap<string, unknown>> {
  const exporter = new metrics.InMemoryMetricExporter(metrics.AggregationTemporality.CUMULATIVE)
  const reader = new metrics.PeriodicExportingMetricReader({ exporter })
  const meterProvider = new metrics.MeterProvider({ readers: [reader] })
  const instrumentation = instrument({ fleet, meterProvider })
  onTestFinished(async () => {
    instrumentation.stop()
    await meterProvider.shutdown()
  })
  await reader.forceFlush()
  const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(one => one.metrics))
  return new Map(
    all.flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => [
        [descriptor.name.replace('skewproof.', ''), ...Object.values(attributes)].join(' '),
        value,
      ]),
    ),
  )
}

it('shows who agrees, how far off the nodes are, and what is wrong with the whole', async () => {
  const status = fleetOf([node('web-1', 1), node('web-2', 180_000, { standing: 'outvoted', ready: false })], {
    view: { ...fleetOf([]).view, kind: 'undecidable', alarm: 'undecidable' },
    issuers: [
      { issuer: 'https://idp.test', aheadMs: 88_000, tokens: 3, lastSeenAgoMs: 5 },
      { issuer: 'https://auth.test', aheadMs: null, tokens: 3, lastSeenAgoMs: 5 },
    ],
  })
  const shown = await collect({ status: async () => status })
  expect(Object.fromEntries(shown)).toMatchObject({
    'node.ready': 1,
    'fleet.nodes agreeing': 1,
    'fleet.nodes outvoted': 1,
    'fleet.nodes silent': 0,
    'fleet.view undecidable': 1,
    'fleet.view utc': 0,
    'fleet.alarm undecidable': 1,
    'fleet.alarm majority-disagrees': 0,
    'fleet.node_offset web-1': 0.001,
    'fleet.node_offset web-2': 180,
    'issuer.ahead https://idp.test': 88,
    'issuer.ahead https://auth.test': 0,
  })
})

it('of a thousand nodes shows itself and those that are furthest off', async () => {
  const others = Array.from({ length: 1000 }, (_, index) =>
    node(`other-${index}`, index === 777 ? -90_000 : index % 7),
  )
  const issuers = Array.from({ length: 64 }, (_, index) => ({
    issuer: `https://${index}.test`,
    aheadMs: index,
    tokens: 1,
    lastSeenAgoMs: 1,
  }))
  const shown = await collect({ status: async () => fleetOf([...others, node('web-1', 0)], { issuers }) })
  const names = [...shown.keys()]
  expect(names.filter(name => name.startsWith('fleet.node_offset'))).toHaveLength(33)
  expect(names).toContain('fleet.node_offset web-1')
  expect(shown.get('fleet.node_offset other-777')).toBe(-90)
  expect(names.filter(name => name.startsWith('issuer.ahead'))).toHaveLength(32)
  expect(shown.get('issuer.ahead https://63.test')).toBe(0.063)
})

it('says that a node is not ready which cannot ask the store', async () => {
  const shown = await collect({ status: () => Promise.reject(new Error('it is gone')) })
  expect(Object.fromEntries(shown)).toEqual({ 'node.ready': 0 })
})
