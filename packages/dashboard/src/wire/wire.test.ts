import fc from 'fast-check'
import type { FleetNode, FleetStatus } from 'skewproof/fleet'
import { describe, expect, it } from 'vitest'
import { conditionOf, severityOf, worstFirst } from './condition.ts'
import { applyNodes, type NodesEvent } from './fleet.ts'

function nodeOf(node: string, different: Partial<FleetNode> = {}): FleetNode {
  return {
    node,
    host: node,
    role: 'service',
    version: '0.1.0',
    startedAgoMs: 1,
    reportedAgoMs: 1,
    clock: { status: 'synchronized', errorMs: 1, wallOffsetMs: 0 },
    offsetMs: 0.5,
    errorMs: 2,
    ownOffsetMs: 0,
    ownErrorMs: 1,
    standing: 'agreeing',
    ready: true,
    reasons: [],
    sinceMs: 1,
    sources: [],
    verdictsPerSecond: {},
    happenings: [],
    ...different,
  }
}

const view = { kind: 'utc', storeOffsetMs: 0, errorMs: 1, agreeing: [], outvoted: [], alarm: null } as const
const issuers = [{ issuer: 'https://a', aheadMs: 1, tokens: 1, lastSeenAgoMs: 1 }]
const fleet: FleetStatus = {
  self: 'a',
  serverTimeMs: 1,
  view,
  sentence: 'good',
  nodes: [nodeOf('a'), nodeOf('b')],
  issuers,
}
const event: NodesEvent = { serverTimeMs: 2, view, sentence: 'bad', changed: [], gone: [] }

describe('what has changed', () => {
  it('replaces, adds and removes nodes, and keeps the rest', () => {
    const b = nodeOf('b', { offsetMs: 7 })
    const c = nodeOf('c')
    const next = applyNodes(fleet, { ...event, changed: [c, b], gone: ['a', 'nobody'] })
    expect(next).toEqual({ ...fleet, serverTimeMs: 2, sentence: 'bad', nodes: [b, c] })
    expect(applyNodes(next, { ...event, issuers: [] }).issuers).toEqual([])
  })

  it('has each node once, the news of each', () => {
    const names = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e'))
    fc.assert(
      fc.property(names, names, names, (known, changed, gone) => {
        const before = { ...fleet, nodes: known.map(name => nodeOf(name)) }
        const news = changed.map(name => nodeOf(name, { offsetMs: 9 }))
        const { nodes } = applyNodes(before, { ...event, changed: news, gone })
        const wanted = new Set([...known, ...changed].filter(name => !gone.includes(name)))
        expect(new Set(nodes.map(({ node }) => node))).toEqual(wanted)
        expect(nodes).toHaveLength(wanted.size)
        for (const { node, offsetMs } of nodes) expect(offsetMs).toBe(changed.includes(node) ? 9 : 0.5)
      }),
    )
  })
})

describe('how a clock is', () => {
  it.each([
    ['right', {}],
    ['right', { offsetMs: 150, errorMs: 60 }],
    ['off', { offsetMs: 150, errorMs: 40 }],
    ['off', { offsetMs: -150, errorMs: 40, standing: 'without-utc' }],
    ['blind', { standing: 'without-utc' }],
    ['blind', { offsetMs: null, errorMs: null, standing: 'without-utc' }],
    ['outvoted', { offsetMs: 1, standing: 'outvoted' }],
    ['silent', { offsetMs: 1e6, standing: 'silent' }],
    ['contradicted', { offsetMs: 1e6, standing: 'undecided' }],
  ] as const)('is %s', (condition, different) => {
    expect(conditionOf(nodeOf('a', different))).toBe(condition)
  })

  it('puts the worst first, and leaves those that are right in the order of their names', () => {
    const nodes = [
      nodeOf('c', { offsetMs: 3 }),
      nodeOf('a', { offsetMs: -2 }),
      nodeOf('off', { offsetMs: 5000 }),
      nodeOf('further', { offsetMs: -9000 }),
      nodeOf('z', { standing: 'outvoted' }),
      nodeOf('s', { standing: 'silent' }),
    ]
    expect(worstFirst(nodes).map(({ node }) => node)).toEqual(['z', 'further', 'off', 's', 'a', 'c'])
  })
})

describe('how loud the sentence is', () => {
  it.each([
    ['good', {}, {}],
    ['warning', {}, { offsetMs: 5000 }],
    ['warning', {}, { standing: 'without-utc' }],
    ['warning', { kind: 'agreement' }, {}],
    ['bad', { kind: 'undecidable' }, {}],
    ['bad', { alarm: 'majority-disagrees' }, {}],
    ['bad', {}, { standing: 'outvoted' }],
    ['bad', {}, { ready: false }],
  ] as const)('is %s', (severity, views, different) => {
    expect(severityOf({ view: { ...view, ...views }, nodes: [nodeOf('a', different)] })).toBe(severity)
  })
})
