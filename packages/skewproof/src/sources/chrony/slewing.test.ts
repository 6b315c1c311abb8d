import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Observation } from './observation.ts'
import type { ChronyTracking } from './report.ts'
import { restingPpm, SlewWatch } from './slewing.ts'

const tracking: ChronyTracking = {
  referenceId: 'C0000201',
  address: '192.0.2.1',
  stratum: 3,
  leap: 'none',
  referenceTimeMs: 0,
  correctionMs: 2500,
  lastOffsetMs: 0,
  rmsOffsetMs: 0,
  frequencyPpm: -12,
  residualFrequencyPpm: 0,
  skewPpm: 0,
  rootDelayMs: 2,
  rootDispersionMs: 1,
  updateIntervalMs: 64_000,
}

function at(monotonicMs: number, change: Partial<ChronyTracking> = {}): Observation {
  const wall = { monotonicMs, earliestMs: 0, latestMs: 0 }
  return { tracking: { ...tracking, ...change }, sources: [], asked: wall, before: wall, after: wall }
}

it.each<[string, Partial<ChronyTracking>, number, number | undefined]>([
  ['rests', {}, 600, 0.5],
  ['follows the frequency', { correctionMs: 2500.012 }, 600, 20.5],
  ['may have changed with an update', { referenceTimeMs: 1 }, 64_000, 62.5],
  ['may have been slewed between two updates', { referenceTimeMs: 1 }, 2000, undefined],
  ['is slewed', { correctionMs: 2450 }, 600, undefined],
  ['is slewed at 110 ppm', { correctionMs: 2499.78 }, 2000, undefined],
  ['was stepped off', { correctionMs: 3 }, 2000, undefined],
  ['turned round', { correctionMs: -2500 }, 2000, undefined],
  ['was seen long ago', {}, 601_000, undefined],
  ['was seen at the same instant', {}, 0, undefined],
])('a correction that %s: %j after %d ms, %s ppm', (_, change, elapsedMs, ppm) => {
  const found = restingPpm(at(0), at(elapsedMs, change))
  if (ppm === undefined) expect(found).toBeUndefined()
  else expect(found).toBeCloseTo(ppm, 1)
})

it('leaves a small correction in the bound, resting or not', () => {
  const small = { correctionMs: 499 }
  expect(restingPpm(at(0, small), at(60_000, small))).toBeUndefined()
})

it('is watched over half a second at least, however often chronyd is asked', () => {
  const watch = new SlewWatch()
  expect(watch.isNew).toBe(true)
  expect([0, 20, 40, 499].map(ms => watch.take(at(ms)))).toEqual(Array(4).fill(undefined))
  expect(watch.isNew).toBe(false)
  // Half a second after the first, what chronyd's rounding may hide is 0.6 ppm.
  for (const ms of [600, 620, 1000, 1100, 2000]) expect(watch.take(at(ms))).toBeLessThan(0.6)
  expect(watch.take(at(2020, { correctionMs: 2490 }))).toBeUndefined()
})

it('is never slower than the correction is worked off', () => {
  const facts = fc.record({
    correctionMs: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    slewPpm: fc.double({ min: 0, max: 83_333, noNaN: true }),
    elapsedMs: fc.double({ min: 1, max: 600_000, noNaN: true }),
    hasUpdated: fc.boolean(),
    mistakes: fc.tuple(
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.double({ min: -2, max: 2, noNaN: true }),
    ),
  })
  fc.assert(
    fc.property(facts, ({ correctionMs, slewPpm, elapsedMs, hasUpdated, mistakes }) => {
      const workedOffMs = Math.min(Math.abs(correctionMs), elapsedMs * slewPpm * 1e-6)
      const left = correctionMs - Math.sign(correctionMs) * workedOffMs
      const [first, second] = hasUpdated ? mistakes : [0, 0]
      const found = restingPpm(
        at(0, { correctionMs: correctionMs + first }),
        at(elapsedMs, { correctionMs: left + second, referenceTimeMs: hasUpdated ? 1 : 0 }),
      )
      if (found === undefined) return
      expect(found * 1.001).toBeGreaterThanOrEqual((workedOffMs / elapsedMs) * 1e6)
    }),
    { numRuns: 1000 },
  )
})
