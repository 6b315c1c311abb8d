import { describe, expect, it } from 'vitest'
import { judgeFleet } from './sentence.ts'
import type { FleetNode, FleetStatus, FleetView } from './status.ts'

const serverTimeMs = Date.UTC(2027, 0, 15, 14, 2, 30)
const utc: FleetView = {
  kind: 'utc',
  storeOffsetMs: 40_012,
  errorMs: 1.2,
  agreeing: [],
  outvoted: [],
  alarm: null,
}
const chrony = { name: 'chrony', status: 'selected', offsetMs: 0, errorMs: 1 } as const
const view = { name: 'fleet', status: 'selected', offsetMs: 0, errorMs: 1 } as const

function node(host: string, more: Partial<FleetNode> = {}): FleetNode {
  return {
    node: `${host}:7`,
    host,
    role: 'service',
    version: '0.1.0',
    startedAgoMs: 60_000,
    reportedAgoMs: 300,
    clock: { status: 'synchronized', errorMs: 1.2, wallOffsetMs: 0 },
    offsetMs: 0,
    errorMs: 2,
    ownOffsetMs: 0,
    ownErrorMs: 2,
    standing: 'agreeing',
    ready: true,
    sinceMs: 60_000,
    reasons: [],
    sources: [chrony, view],
    verdictsPerSecond: {},
    happenings: [],
    ...more,
  }
}

const lying: Partial<FleetNode> = {
  standing: 'outvoted',
  ready: false,
  sinceMs: 20_000,
  offsetMs: 180_000,
  ownOffsetMs: 180_000.2,
  sources: [{ ...chrony, status: 'falseticker' }, view],
}

function say(nodes: readonly FleetNode[], more: Partial<FleetStatus> = {}, spreadMs = 0): string {
  const fleet = { self: 'web-1:7', serverTimeMs, view: utc, nodes, issuers: [], ...more }
  const { text, isFinding } = judgeFleet(fleet, spreadMs)
  return `${isFinding ? 'finding' : 'good'}: ${text}`
}

describe('what is said of a fleet', () => {
  it.each<[string, string, string]>([
    [
      'all agree',
      say([
        node('web-1'),
        node('web-2', { clock: { status: 'synchronized', errorMs: 3.1, wallOffsetMs: 0 } }),
      ]),
      'good: All 2 nodes agree on UTC, to 3.1ms.',
    ],
    ['there is one', say([node('web-1')]), 'good: The only node knows UTC to 1.2ms.'],
    ['there is none', say([]), 'good: No node has reported yet.'],
    [
      'nodes are awaited',
      say([node('web-1')], { view: { ...utc, kind: 'pending' } }),
      'good: The nodes are comparing their clocks; it takes a few seconds.',
    ],
    [
      'one is outvoted',
      say([node('web-1'), node('web-2'), node('web-3', lying), node('web-4'), node('web-5')]),
      'finding: web-3 is 3m 0s ahead of the fleet since 14:02:10 UTC; its own time source chrony says so, and 4 others disagree. It takes no traffic. Check chronyd on web-3: chronyc -n sources -v',
    ],
    [
      'one is outvoted that trusts its wall clock',
      say([
        node('web-1'),
        node('web-2'),
        node('web-3', { ...lying, sources: [{ ...chrony, name: 'system', status: 'falseticker' }] }),
      ]),
      'finding: web-3 is 3m 0s ahead of the fleet since 14:02:10 UTC; its own time source system says so, and 2 others disagree. It takes no traffic. Check who sets the wall clock on web-3: skewproof doctor',
    ],
    [
      'one is outvoted, and behind, and not drained yet',
      say([
        node('web-1'),
        node('web-2'),
        node('web-3', {
          ...lying,
          ready: true,
          ownOffsetMs: -700,
          sources: [{ ...chrony, name: 'ntpd', status: 'falseticker' }],
        }),
      ]),
      'finding: web-3 is 700ms behind the fleet; its own time source ntpd says so, and 2 others disagree. It still takes traffic. Check ntpd on web-3: ntpq -pn',
    ],
    [
      'an agent and a service are outvoted',
      say([
        node('db-1', { ...lying, role: 'agent', ownOffsetMs: 500_000 }),
        node('web-1'),
        node('web-2'),
        node('web-3', lying),
      ]),
      'finding: db-1 is 8m 20s ahead of the fleet since 14:02:10 UTC; its own time source chrony says so, and 2 others disagree. Check chronyd on db-1: chronyc -n sources -v Outvoted too: web-3.',
    ],
    [
      'two processes of one machine are outvoted',
      say([node('web-1'), node('web-2'), node('web-3', lying), node('web-3', { ...lying, node: 'web-3:8' })]),
      'finding: web-3 is 3m 0s ahead of the fleet since 14:02:10 UTC; its own time source chrony says so, and 2 others disagree. It takes no traffic. Check chronyd on web-3: chronyc -n sources -v',
    ],
    [
      'two contradict each other',
      say(
        [node('web-1', { standing: 'undecided' }), node('web-2', { standing: 'undecided' })],
        { view: { ...utc, kind: 'undecidable', alarm: 'undecidable' } },
        180_000,
      ),
      'finding: web-1 and web-2 contradict each other, by up to 3m 0s, and as many say the one as the other: which is right cannot be told. Nobody is drained. Give one more node a time source of its own, and it is decided.',
    ],
    [
      'most disagree',
      say(
        ['web-1', 'web-2', 'web-3'].map(host => node(host, { standing: 'undecided' })),
        { view: { ...utc, kind: 'undecidable', alarm: 'majority-disagrees' } },
      ),
      'finding: Most of the fleet disagrees on the time: web-1, web-2 and web-3 contradict each other. Nobody is drained, since that would take the service down. Check the time daemons there: skewproof doctor',
    ],
    [
      'a wall clock is wrong whose daemon is dead',
      say([
        node('web-1'),
        node('web-2', {
          standing: 'without-utc',
          offsetMs: 180_003,
          sources: [{ ...chrony, status: 'unreachable' }, view],
        }),
      ]),
      "finding: The wall clock of web-2 is 3m 0s ahead of the fleet's time, and its time source chrony does not answer. What Skewproof does there is right all the same: it knows the time to 1.2ms. Set it right: chronyc -n sources -v",
    ],
    [
      'a wall clock is wrong and has no source',
      say([
        node('web-1'),
        node('web-2', {
          standing: 'without-utc',
          offsetMs: -5000,
          clock: { status: 'agreement', errorMs: null, wallOffsetMs: null },
          sources: [view],
        }),
      ]),
      "finding: The wall clock of web-2 is 5s behind the fleet's time, and it has no time source of its own. Set it right: run chronyd on web-2.",
    ],
    [
      'a node shuts down',
      say([
        node('web-1'),
        node('web-2', { ready: false, reasons: [{ code: 'draining', text: 'it is shutting down' }] }),
      ]),
      'finding: web-2 takes no traffic: it is shutting down.',
    ],
    [
      'nodes are silent',
      say([
        node('web-1'),
        node('web-2', { standing: 'silent', reportedAgoMs: 12_000 }),
        node('web-3', { standing: 'silent', ready: false }),
      ]),
      'finding: web-2:7 has not reported for 12s. Silent too: web-3:7. Does it run, and does it reach the store?',
    ],
    [
      "an issuer's clock is ahead",
      say([node('web-1')], {
        issuers: [
          { issuer: 'https://a.example', aheadMs: 400, tokens: 1, lastSeenAgoMs: 0 },
          { issuer: 'https://b.example', aheadMs: 88_000, tokens: 120, lastSeenAgoMs: 0 },
        ],
      }),
      'finding: The clock of the issuer https://b.example is at least 1m 28s ahead: its tokens come from the future. Tell those who run it.',
    ],
    [
      'nobody knows UTC, over Redis',
      say(
        [
          node('web-1', {
            standing: 'without-utc',
            clock: { status: 'agreement', errorMs: null, wallOffsetMs: null },
          }),
        ],
        {
          view: { ...utc, kind: 'agreement' },
        },
      ),
      'finding: No node knows UTC: all go by the clock of the store, and agree with each other. Run chronyd on the nodes, or name a time source with --source.',
    ],
    [
      'nobody knows UTC, over the embedded store',
      say(
        [
          node('web-1', {
            standing: 'without-utc',
            clock: { status: 'unsynchronized', errorMs: null, wallOffsetMs: null },
          }),
        ],
        { view: { ...utc, kind: 'agreement' } },
      ),
      'finding: No node knows UTC: each goes by its wall clock. Run chronyd on the nodes, or name a time source with --source.',
    ],
  ])('when %s', (_, said, expected) => {
    expect(said).toBe(expected)
  })

  it('names a few of many', () => {
    const nodes = Array.from({ length: 20 }, (_, index) => node(`web-${index}`, { standing: 'undecided' }))
    const alarm = { view: { ...utc, kind: 'undecidable', alarm: 'majority-disagrees' } } as const
    expect(say(nodes, alarm)).toContain('web-0, web-1, web-2, web-3, web-4 and 15 more contradict')
  })
})
