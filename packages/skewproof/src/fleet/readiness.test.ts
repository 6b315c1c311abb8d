import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CommonView } from './common-view.ts'
import {
  fleetAlarm,
  initialReadiness,
  nextReadiness,
  type Readiness,
  type ReadinessFacts,
  readinessFacts,
  readinessLimits,
} from './readiness.ts'
import type { NodeReport } from './report.ts'

const { drainAfterMs, restoreAfterMs } = readinessLimits
const well: ReadinessFacts = { isOutvoted: false, services: 5, outvotedServices: 0 }
const outvoted: ReadinessFacts = { isOutvoted: true, services: 5, outvotedServices: 1 }

/** The readiness after beats, a second apart. */
function after(beats: readonly ReadinessFacts[], begin: Readiness = initialReadiness(0)): Readiness {
  return beats.reduce((state, facts, index) => nextReadiness(state, facts, (index + 1) * 1000), begin)
}

describe('nextReadiness', () => {
  it.each<[number, number, boolean]>([
    [1, 1, true],
    [2, 1, false],
    [2, 2, true],
    [3, 1, false],
    [3, 2, true],
    [4, 2, false],
    [4, 3, true],
    [5, 0, false],
    [5, 2, false],
    [5, 3, true],
    [5, 5, true],
    [0, 0, false],
  ])('of %d that serve, %d outvoted: an outvoted one is ready: %s', (services, outvotedServices, ready) => {
    const facts = { isOutvoted: true, services, outvotedServices }
    expect(after(Array(5).fill(facts)).ready).toBe(ready)
  })

  it('drains after two beats and long enough, and comes back after longer', () => {
    expect(after([outvoted]).ready).toBe(true)
    expect(after([outvoted, outvoted]).ready).toBe(true)
    const drained = after([outvoted, outvoted, outvoted])
    expect(drained).toEqual({ ready: false, sinceMs: 3000, contrary: undefined })
    expect(nextReadiness(nextReadiness(drained, well, 4000), well, 8000).ready).toBe(false)
    expect(nextReadiness(nextReadiness(drained, well, 4000), well, 9000)).toMatchObject({
      ready: true,
      sinceMs: 9000,
    })
  })

  it('needs two beats, however far apart they are', () => {
    const once = nextReadiness(initialReadiness(0), outvoted, 60_000)
    expect(once.ready).toBe(true)
    expect(nextReadiness(once, outvoted, 120_000).ready).toBe(false)
  })

  it('begins anew when a beat says otherwise', () => {
    expect(after([outvoted, outvoted, well, outvoted, outvoted]).ready).toBe(true)
  })

  const facts = fc.record({ isOutvoted: fc.boolean(), services: fc.nat(9), outvotedServices: fc.nat(9) })
  const beats = fc.array(fc.record({ facts, afterMs: fc.integer({ min: 1, max: 20_000 }) }), {
    maxLength: 60,
  })

  it('never flaps: between two changes lies what a change takes', () => {
    fc.assert(
      fc.property(beats, beats => {
        let nowMs = 0
        let state = initialReadiness(0)
        for (const { facts, afterMs } of beats) {
          nowMs += afterMs
          const next = nextReadiness(state, facts, nowMs)
          if (next.ready !== state.ready) {
            expect(nowMs - state.sinceMs).toBeGreaterThanOrEqual(next.ready ? restoreAfterMs : drainAfterMs)
          }
          state = next
        }
      }),
    )
  })

  it('never drains where most of those that serve are outvoted, whatever happened before', () => {
    fc.assert(
      fc.property(beats, fc.integer({ min: 1, max: 9 }), (beats, services) => {
        let nowMs = 0
        let state = initialReadiness(0)
        for (const { facts, afterMs } of beats) {
          nowMs += afterMs
          const mostAre = { ...facts, services, outvotedServices: Math.floor(services / 2) + 1 }
          state = nextReadiness(state, mostAre, nowMs)
          expect(state.ready).toBe(true)
        }
      }),
    )
  })

  it('leaves at least half of a fleet in service, whoever is outvoted', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), who => {
        const services = who.length
        const outvotedServices = who.filter(Boolean).length
        const ready = who.filter(
          isOutvoted => after(Array(4).fill({ isOutvoted, services, outvotedServices })).ready,
        )
        expect(ready.length * 2).toBeGreaterThanOrEqual(services)
      }),
    )
  })
})

describe('what it follows from', () => {
  const report = (node: string, role: NodeReport['role'] = 'service'): NodeReport => ({
    node,
    machine: node,
    role,
    sequence: 1,
    epoch: '',
    utc: 'none',
  })
  const view = (outvoted: readonly string[]): CommonView => ({
    kind: 'utc',
    offsetMs: 0,
    errorMs: 1,
    agreeing: [],
    outvoted,
  })

  it('counts those that serve', () => {
    const reports = [report('a'), report('b'), report('c', 'agent')]
    expect(readinessFacts(view(['a', 'c']), reports, 'a')).toEqual({
      isOutvoted: true,
      services: 2,
      outvotedServices: 1,
    })
    expect(readinessFacts({ kind: 'agreement' }, reports, 'a')).toEqual({
      isOutvoted: false,
      services: 2,
      outvotedServices: 0,
    })
  })

  it.each<[CommonView, number, number, ReturnType<typeof fleetAlarm>]>([
    [view([]), 5, 0, undefined],
    [view(['a']), 5, 2, undefined],
    [view(['a', 'b', 'c']), 5, 3, 'majority-disagrees'],
    [{ kind: 'agreement' }, 5, 0, undefined],
    [{ kind: 'pending' }, 5, 0, undefined],
    [{ kind: 'undecidable', reporting: ['a', 'b'], isTie: true }, 2, 0, 'undecidable'],
    [{ kind: 'undecidable', reporting: ['a', 'b', 'c'], isTie: false }, 3, 0, 'majority-disagrees'],
  ])('with %j, %d that serve and %d outvoted the alarm is %s', (view, services, outvotedServices, alarm) => {
    expect(fleetAlarm(view, { isOutvoted: false, services, outvotedServices })).toBe(alarm)
  })
})
