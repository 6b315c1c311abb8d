import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readScenario } from './read-scenario.ts'
import type { PolicyName } from './scenario.ts'
import { Simulation, type SimulationResult, simulate } from './simulation.ts'
import type { PolicyResult } from './tally.ts'

const short = { lifetimeSeconds: 3, notBefore: false }
const session = { lifetimeSeconds: 900, notBefore: true }
const traffic = {
  loginsPerSecond: 4,
  secondsBetweenUses: 1,
  presentedForSeconds: 20,
  revokedShare: 0.2,
  revokedAfterSeconds: 2,
}

function run(scenario: object): SimulationResult {
  return simulate(readScenario({ durationSeconds: 60, tokens: [short, session], traffic, ...scenario }))
}

function policy({ policies }: SimulationResult, name: PolicyName): PolicyResult {
  const found = policies.find(one => one.name === name)
  if (found === undefined) throw new Error(`${name} was not simulated`)
  return found
}

describe('a fleet whose clocks are right', () => {
  const result = run({ servers: [{ count: 5 }] })

  it.each(result.policies)('$title refuses nothing fresh and accepts nothing expired', policy => {
    expect(policy.requests).toBeGreaterThan(1000)
    expect(policy).toMatchObject({ falseRejects: 0, unavailable: 0 })
    expect(policy.lateAcceptsBeyondBound).toBe(
      ['jsonwebtoken', 'jose', 'jose-max-age', 'auto'].includes(policy.name) ? 0 : policy.lateAccepts,
    )
  })

  it('a tolerance is how long expired tokens are accepted', () => {
    for (const [name, seconds] of [
      ['jsonwebtoken-30s', 30],
      ['jsonwebtoken-60s', 60],
    ] as const) {
      const wide = run({
        servers: [{ count: 5 }],
        durationSeconds: 300,
        traffic: { ...traffic, presentedForSeconds: 100 },
      })
      const { maxLateAcceptMs } = policy(wide, name)
      expect(maxLateAcceptMs).toBeGreaterThan((seconds - 1) * 1000)
      expect(maxLateAcceptMs).toBeLessThan((seconds + 1) * 1000)
    }
  })

  it('only what asks the store can revoke', () => {
    const revoking = result.policies.filter(({ revokedAcceptShare }) => revokedAcceptShare < 0.5)
    expect(revoking.map(({ name }) => name)).toEqual(['textbook', 'auto'])
    expect(policy(result, 'auto').maxRevokedAcceptMs).toBeLessThan(1000)
  })
})

describe('one server three minutes ahead and one 150 s behind', () => {
  const servers = [
    {},
    {},
    { clock: { offsetSeconds: 180 }, ntp: 'dead' },
    { clock: { offsetSeconds: -150 }, ntp: 'dead' },
    {},
  ]
  // Issued by servers that are right, as in the measurements on real processes.
  const issuer = { clock: {} }
  const policies: readonly PolicyName[] = ['jsonwebtoken', 'jsonwebtoken-60s', 'jose', 'jose-max-age']

  /** The share of fresh tokens that each policy refuses, in percent. */
  function refusedPercent(token: object): readonly number[] {
    const result = run({
      servers,
      issuer,
      policies,
      tokens: [token],
      durationSeconds: 300,
      traffic: { ...traffic, presentedForSeconds: 60 },
    })
    return result.policies.map(({ falseRejectShare }) => Math.round(falseRejectShare * 100))
  }

  it('refuse what real servers refused', () => {
    expect(refusedPercent({ lifetimeSeconds: 900, notBefore: false })).toEqual([0, 0, 0, 20])
    expect(refusedPercent({ lifetimeSeconds: 900, notBefore: true })).toEqual([20, 20, 20, 20])
    expect(refusedPercent({ lifetimeSeconds: 120, notBefore: false })).toEqual([20, 20, 20, 40])
  })

  it('Skewproof refuses nothing fresh, and accepts nothing beyond its bound', () => {
    const result = run({ servers, store: { clock: { offsetSeconds: -40 } } })
    expect(policy(result, 'auto')).toMatchObject({
      falseRejects: 0,
      lateAcceptsBeyondBound: 0,
      unavailable: 0,
    })
    expect(policy(result, 'auto').maxLateAcceptMs).toBeLessThan(50)
    expect(policy(result, 'jsonwebtoken-30s').maxLateAcceptMs).toBeGreaterThan(15_000)
    expect(result.clocks.violations).toBe(0)
    expect(result.clocks.reliable).toBe(result.clocks.readings)
  })
})

describe('the store', () => {
  it('is missed by those who need it, and nobody is logged out', () => {
    const result = run({ store: { outages: [{ fromSeconds: 20, toSeconds: 40 }] } })
    expect(policy(result, 'jsonwebtoken').unavailable).toBe(0)
    expect(policy(result, 'textbook').unavailable).toBeGreaterThan(100)
    expect(policy(result, 'auto').unavailable).toBeGreaterThan(100)
    expect(policy(result, 'auto').falseRejects).toBe(0)
  })
})

describe('a lying time server', () => {
  it('loses against a fleet, and its server keeps the right time', () => {
    const lie = { offsetSeconds: 120 }
    const simulation = new Simulation(
      readScenario({ servers: [{ count: 4 }, { name: 'fooled', clock: lie, ntp: lie }] }),
    )
    simulation.advance(30)
    expect(simulation.result().clocks.violations).toBe(0)
    const fooled = simulation.servers.at(-1)
    expect(fooled?.standings).toEqual([
      { name: 'ntp', standing: 'falseticker' },
      { name: 'fleet', standing: 'selected' },
    ])
    expect(fooled?.wallOffsetMs).toBeCloseTo(120_000, -2)
  })
})

describe('a guest that is paused, and whose clocks all stand still', () => {
  it('cannot tell until it asks again', () => {
    const paused = { clock: { suspends: [{ atSeconds: 100, forSeconds: 600 }] } }
    const simulation = new Simulation(
      readScenario({ durationSeconds: 760, traffic, servers: [{ count: 4 }, paused] }),
    )
    const violationsAfter = (seconds: number) => {
      simulation.advance(seconds)
      return simulation.result().clocks.violations
    }
    expect(violationsAfter(700)).toBe(0)
    const first = violationsAfter(5)
    expect(first).toBeGreaterThan(0)
    expect(violationsAfter(50)).toBe(first)
  })
})

describe('a simulation that somebody interferes with', () => {
  it('counts what happens from then on', () => {
    const simulation = new Simulation(readScenario({ durationSeconds: 300, traffic, tokens: [session] }))
    /** What happens in the next ten seconds. */
    function watch(): SimulationResult {
      simulation.startCounting()
      simulation.advance(10)
      return simulation.result()
    }
    expect(policy(watch(), 'jsonwebtoken').falseRejects).toBe(0)
    simulation.servers[0]?.host.setOffset(180_000)
    const ahead = watch()
    expect(ahead.simulatedSeconds).toBeCloseTo(10)
    expect(policy(ahead, 'jsonwebtoken').falseRejects).toBeGreaterThan(0)
    expect(policy(ahead, 'auto').falseRejects).toBe(0)
    simulation.servers[0]?.host.setOffset(0)
    simulation.advance(traffic.presentedForSeconds)
    expect(policy(watch(), 'jsonwebtoken').falseRejects).toBe(0)
  })

  it('lets time daemons lie, and die', () => {
    const simulation = new Simulation(
      readScenario({ durationSeconds: 3600, traffic: { loginsPerSecond: 0.01 } }),
    )
    const [first] = simulation.servers
    for (const server of simulation.servers) server.ntp = { ...server.ntp, offsetSeconds: 60 }
    simulation.advance(300)
    expect((first?.now().timeMs ?? 0) - simulation.trueMs).toBeCloseTo(60_000, -2)
    for (const server of simulation.servers) server.ntp = { ...server.ntp, diesAtSeconds: 0 }
    simulation.advance(1200)
    expect(first?.standings).toContainEqual({ name: 'ntp', standing: 'unreachable' })
  })
})

describe('a simulation', () => {
  const scenario = readScenario({
    seed: 7,
    durationSeconds: 30,
    tokens: [short],
    traffic,
    servers: [{ count: 3, clock: { offsetWithinSeconds: 20, wanderPpm: 10 } }],
  })

  it('gives the same numbers for the same seed, also in parts', () => {
    const inParts = new Simulation(scenario)
    for (let second = 0; second < 30; second += 1) inParts.advance(1)
    expect(inParts.result()).toEqual(simulate(scenario))
    expect(simulate({ ...scenario, seed: 8 })).not.toEqual(simulate(scenario))
  })

  it('gives the same numbers on every machine', () => {
    const { verifications, policies } = simulate(scenario)
    expect([verifications, ...policies.map(one => one.falseRejects)]).toEqual(golden)
  })

  it('never counts what is not there, and never breaks a bound that an honest fleet states', () => {
    const offsets = fc.array(fc.double({ min: -600, max: 600, noNaN: true }), { minLength: 3, maxLength: 6 })
    fc.assert(
      fc.property(offsets, fc.nat(), (offsets, seed) => {
        const result = simulate(
          readScenario({
            seed,
            durationSeconds: 10,
            tokens: [short, session],
            traffic,
            servers: offsets.map(offsetSeconds => ({ clock: { offsetSeconds } })),
          }),
        )
        expect(result.clocks.violations).toBe(0)
        for (const one of result.policies) {
          expect(one.falseRejects).toBeLessThanOrEqual(one.freshRequests)
          expect(one.freshRequests + one.expiredRequests + one.revokedRequests + one.unavailable).toBe(
            one.requests,
          )
        }
        expect(policy(result, 'auto')).toMatchObject({ falseRejects: 0, lateAcceptsBeyondBound: 0 })
      }),
      { numRuns: 30 },
    )
  })
})

const golden: readonly number[] = [13_008, 95, 0, 0, 95, 198, 0, 0, 0]
