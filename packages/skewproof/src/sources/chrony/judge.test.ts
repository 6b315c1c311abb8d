import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualHostClock } from '../../clock/manual.ts'
import { sampleErrorAt, sampleTimeAt } from '../../clock/sample.ts'
import { readWall } from '../wall.ts'
import { sampleOf } from './judge.ts'
import type { Observation } from './observation.ts'
import type { ChronySource, ChronyTracking } from './report.ts'

const trueMs = 1_800_000_000_000

const tracking: ChronyTracking = {
  referenceId: 'C0000201',
  address: '192.0.2.1',
  stratum: 3,
  leap: 'none',
  referenceTimeMs: trueMs - 10_500,
  correctionMs: 0,
  lastOffsetMs: 0,
  rmsOffsetMs: 0,
  frequencyPpm: -12,
  residualFrequencyPpm: -0.5,
  skewPpm: 1.5,
  rootDelayMs: 4,
  rootDispersionMs: 1,
  updateIntervalMs: 64_000,
}
const selected: ChronySource = {
  address: '192.0.2.1',
  mode: 'server',
  state: 'selected',
  stratum: 2,
  pollSeconds: 64,
  reachability: 255,
  lastSampleSeconds: 10,
  offsetMs: 0,
  measuredOffsetMs: 0,
  errorMs: 2,
  statistics: undefined,
}
const falseticker: ChronySource = { ...selected, state: 'falseticker' }

/** chronyd was asked for 2 ms by a process whose wall clock was off by so much. */
function observed(
  change: Partial<ChronyTracking> = {},
  { sources = [falseticker, selected], offsetMs = 0 }: Partial<Observation> & { offsetMs?: number } = {},
): Observation {
  const host = new ManualHostClock(trueMs + offsetMs)
  host.advance(0)
  const before = readWall(host)
  host.advance(2)
  return { tracking: { ...tracking, ...change }, sources, asked: before, before, after: readWall(host) }
}

describe('the bound', () => {
  it('is that of chronyd, and the wall clock’s resolution', () => {
    const { timeMs, errorMs, driftPpm, monotonicMs } = sampleOf(observed())
    expect(monotonicMs).toBe(0)
    expect(timeMs).toBeCloseTo(trueMs + 0.5, 3)
    // 4 / 2 + 1; half a millisecond; 2 ms at 50 ppm.
    expect(errorMs).toBeCloseTo(3 + 0.5 + 0.0001, 6)
    expect(driftPpm).toBe(50)
  })

  it.each([2500, -50])('covers what is left to correct, %d ms', correctionMs => {
    const { timeMs, errorMs } = sampleOf(observed({ correctionMs }, { offsetMs: -correctionMs }))
    expect(timeMs).toBeCloseTo(trueMs + 0.5, 3)
    expect(errorMs).toBeCloseTo(3.5 + Math.abs(correctionMs), 1)
  })

  it('leaves out a correction that chronyd does not work off, but for the rate that it may', () => {
    const correctionMs = -150_000
    const sample = sampleOf(observed({ correctionMs }, { offsetMs: 150_000 }), 30)
    expect(sample.timeMs).toBeCloseTo(trueMs + 0.5, 3)
    expect(sample.errorMs).toBeCloseTo(3.5, 2)
    expect(sample.driftPpm).toBe(80)
  })

  it('is what the last measurement allows where chronyd claims less', () => {
    const measured = { ...selected, offsetMs: -6, errorMs: 20 }
    // 11 s at 50 ppm.
    expect(sampleOf(observed({}, { sources: [measured] })).errorMs).toBeCloseTo(26 + 0.55 + 0.5001, 4)
    const drifting = sampleOf(observed({ residualFrequencyPpm: -100, skewPpm: 300 }, { sources: [measured] }))
    // 11 s at 12 + 200 ppm.
    expect(drifting.errorMs).toBeCloseTo(26 + 2.332 + 0.5, 2)
  })

  it('grows as fast as the clock may drift, whether chronyd corrects its frequency or not', () => {
    expect(sampleOf(observed({ frequencyPpm: -400, skewPpm: 20 })).driftPpm).toBe(420.5)
    expect(sampleOf(observed({ skewPpm: 1e6 })).driftPpm).toBe(212)
  })
})

describe('chronyd is not believed', () => {
  it.each<[string, Partial<ChronyTracking>, RegExp]>([
    ['that says so', { leap: 'unsynchronized' }, /not synchronised/],
    ['without a reference', { referenceId: '00000000' }, /not synchronised/],
    ['of stratum 0', { stratum: 0 }, /not synchronised/],
    ['of stratum 16', { stratum: 16 }, /not synchronised/],
    ['that serves its own clock', { referenceId: '7F7F0101' }, /own clock/],
  ])('%s', (_, change, message) => {
    const refused = expect.objectContaining({
      reason: 'unsynchronized',
      message: expect.stringMatching(message),
    })
    expect(() => sampleOf(observed(change))).toThrow(refused)
  })

  it.each([
    ['that has lost all sources', []],
    ['that follows none of them', [falseticker]],
    ['whose source has never answered', [{ ...selected, lastSampleSeconds: undefined }]],
  ])('%s', (_, sources) => {
    expect(() => sampleOf(observed({}, { sources }))).toThrow(/follows none/)
  })

  it.each<[string, Partial<ChronyTracking>, number, boolean]>([
    ['64 s apart', {}, 299, true],
    ['2 s apart, but polls of 64 s', { updateIntervalMs: 2000 }, 299, true],
    ['2 s apart, but polls of 64 s', { updateIntervalMs: 2000 }, 301, false],
    ['1024 s apart', { updateIntervalMs: 1_024_000 }, 4095, true],
    ['1024 s apart', { updateIntervalMs: 1_024_000 }, 4097, false],
  ])('updates %s, the last %j %d s ago: %s', (_, change, ageSeconds, isBelieved) => {
    const referenceTimeMs = trueMs - ageSeconds * 1000
    const sources = [{ ...selected, lastSampleSeconds: ageSeconds }]
    const measure = () => sampleOf(observed({ ...change, referenceTimeMs }, { sources }))
    if (isBelieved) expect(measure().errorMs).toBeGreaterThan(2 + ageSeconds * 0.05)
    else expect(measure).toThrow(/last update was/)
  })

  it('with a source whose error is negative', () => {
    const sources = [{ ...selected, errorMs: -1 }]
    expect(() => sampleOf(observed({}, { sources }))).toThrow(expect.objectContaining({ reason: 'absurd' }))
  })

  it.each([{ rootDelayMs: -1 }, { rootDispersionMs: -1 }, { skewPpm: -1 }])('with %j', change => {
    expect(() => sampleOf(observed(change))).toThrow(expect.objectContaining({ reason: 'absurd' }))
  })

  it.each([
    [3200, false],
    [1000, true],
    [-400, true],
    [-2200, false],
    [180_000, false],
    [-150_000, false],
  ])('by a process whose wall clock is off by %d ms and chronyd’s is not: %s', (offsetMs, isBelieved) => {
    const measure = () => sampleOf(observed({}, { offsetMs }))
    if (isBelieved) expect(measure().timeMs).toBeCloseTo(trueMs + offsetMs, -1)
    else expect(measure).toThrow(expect.objectContaining({ reason: 'absurd' }))
  })

  it('from before its last update', () => {
    const sources = [{ ...selected, lastSampleSeconds: 0 }]
    expect(() => sampleOf(observed({}, { sources, offsetMs: -10_700 }))).toThrow(/not the clock/)
  })
})

it('holds true time, whatever the wall clock is off by, is set to meanwhile, and the process is held up', () => {
  const ms = fc.double({ min: 0, max: 50, noNaN: true })
  const facts = fc.record({
    offsetMs: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    stepMs: fc.oneof(fc.constant(0), fc.double({ min: -500, max: 500, noNaN: true })),
    isSetBefore: fc.boolean(),
    heldUpMs: fc.tuple(ms, ms),
    wayMs: fc.tuple(ms, ms),
    rootDelayMs: ms,
    rootDispersionMs: ms,
    mistake: fc.double({ min: -1, max: 1, noNaN: true }),
    ageMs: fc.double({ min: 0, max: 200_000, noNaN: true }),
    takenOffMs: fc.double({ min: 0, max: 1000, noNaN: true }),
  })
  fc.assert(
    fc.property(facts, fact => {
      const host = new ManualHostClock(trueMs + fact.offsetMs)
      const trueAt = () => trueMs + host.monotonicMs()
      /** Reads in whole milliseconds, after having been held up. */
      const read = (heldUpMs: number) =>
        readWall({
          ...host,
          monotonicMs: () => host.monotonicMs(),
          uptimeMs: () => host.uptimeMs(),
          bootId: () => host.bootId(),
          wallMs: () => {
            host.advance(heldUpMs)
            return Math.floor(host.wallMs())
          },
        })
      const before = read(fact.heldUpMs[0])
      host.advance(fact.wayMs[0])
      if (fact.isSetBefore) host.step(fact.stepMs)
      const chronydMs = trueAt() + fact.mistake * (fact.rootDelayMs / 2 + fact.rootDispersionMs)
      const sampledMs = chronydMs - fact.ageMs
      const answered: ChronyTracking = {
        ...tracking,
        rootDelayMs: fact.rootDelayMs,
        rootDispersionMs: fact.rootDispersionMs,
        correctionMs: chronydMs - host.wallMs(),
        referenceTimeMs: sampledMs - fact.takenOffMs,
      }
      const lastSampleSeconds = Math.floor((chronydMs - Math.floor(sampledMs / 1000) * 1000) / 1000)
      if (!fact.isSetBefore) host.step(fact.stepMs)
      host.advance(fact.wayMs[1])
      const after = read(fact.heldUpMs[1])
      const sample = sampleOf({
        tracking: answered,
        sources: [{ ...selected, lastSampleSeconds }],
        asked: before,
        before,
        after,
      })
      const nowMs = host.monotonicMs()
      const apartMs = Math.abs(sampleTimeAt(sample, nowMs) - trueAt())
      // The correction is in the bound for what happens later; it must not be needed now.
      const errorMs = sampleErrorAt(sample, nowMs, 200) - Math.abs(answered.correctionMs)
      expect(apartMs).toBeLessThanOrEqual(errorMs + 1e-3)
    }),
    { numRuns: 300 },
  )
})
