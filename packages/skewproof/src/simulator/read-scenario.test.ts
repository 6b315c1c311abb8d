import { describe, expect, it } from 'vitest'
import { readScenario } from './read-scenario.ts'
import { hasten, policyNames } from './scenario.ts'

describe('readScenario', () => {
  it('fills in what is left out', () => {
    const scenario = readScenario({})
    expect(scenario.servers.map(({ name }) => name)).toEqual(['s1', 's2', 's3', 's4', 's5'])
    expect(scenario.policies).toEqual([...policyNames])
    expect(scenario.tokens).toEqual([{ lifetimeSeconds: 900, share: 1, notBefore: true }])
  })

  it('repeats a server that has a count', () => {
    const { servers } = readScenario({
      servers: [{ count: 2 }, { name: 'wrong', clock: { offsetSeconds: 180 }, ntp: 'dead' }],
    })
    expect(servers.map(({ name, clock }) => [name, clock.offsetSeconds])).toEqual([
      ['s1', 0],
      ['s2', 0],
      ['wrong', 180],
    ])
  })

  it.each([
    [undefined, 'scenario: use an object'],
    [{ durationseconds: 5 }, 'durationseconds: it is not known; use '],
    [
      { servers: [{}, { clock: { offsetSeconds: '180' } }] },
      'servers[1].clock.offsetSeconds: use a number from',
    ],
    [
      { servers: [{ clock: { steps: [{ bySeconds: 1 }] } }] },
      'servers[0].clock.steps[0].atSeconds: use a number',
    ],
    [{ servers: [{ ntp: 'gone' }] }, 'servers[0].ntp: use good, dead or an object'],
    [{ servers: [{ name: 'a', count: 2 }] }, 'servers[0].name: only one server can have it'],
    [
      { store: { outages: [{ fromSeconds: 5, toSeconds: 4 }] } },
      'store.outages[0].toSeconds: use a number from 5',
    ],
    [{ tokens: [{ lifetimeSeconds: Number.NaN }] }, 'tokens[0].lifetimeSeconds: use a number'],
    [{ tokens: {} }, 'tokens: use a list'],
    [{ policies: ['auto', 'luck'] }, 'policies[1]: use one of jsonwebtoken'],
    [{ expect: { auto: { freshRefused: 'few' } } }, 'expect.auto.freshRefused: use one of none, some'],
    [{ culprits: ['s9'] }, 'culprits: "s9" is no server'],
    [{ name: 'No Spaces' }, 'name: use 1 to 64 small letters'],
  ])('says what is wrong with %j', (value, message) => {
    expect(() => readScenario(value)).toThrow(message)
  })
})

describe('hasten', () => {
  it('brings every instant nearer, and leaves offsets and lifetimes alone', () => {
    const scenario = readScenario({
      durationSeconds: 60,
      servers: [
        {
          clock: {
            offsetSeconds: 7,
            steps: [{ atSeconds: 30, bySeconds: 300 }],
            suspends: [{ atSeconds: 40, forSeconds: 6 }],
          },
          cutOff: [{ fromSeconds: 12, toSeconds: 24 }],
        },
      ],
      tokens: [{ lifetimeSeconds: 3 }],
      keyRotatesAtSeconds: 30,
      quick: { durationSeconds: 10 },
    })
    const { servers, tokens, durationSeconds, keyRotatesAtSeconds } = hasten(scenario)
    expect({ tokens, durationSeconds, keyRotatesAtSeconds }).toMatchObject({
      tokens: [{ lifetimeSeconds: 3 }],
      durationSeconds: 10,
      keyRotatesAtSeconds: 5,
    })
    expect(servers[0]?.clock.offsetSeconds).toBe(7)
    expect(servers[0]?.clock.steps).toEqual([{ atSeconds: 5, bySeconds: 300 }])
    expect(servers[0]?.clock.suspends?.[0]?.forSeconds).toBeCloseTo(1)
    expect(servers[0]?.cutOff).toEqual([{ fromSeconds: 2, toSeconds: 4 }])
  })
})
