import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printed } from '../../../test/timesyncd/captured.ts'
import type { SourceError } from '../../clock/source.ts'
import { Continuity } from './continuity.ts'
import { type Observation, sampleOf } from './judge.ts'
import { parseReport, type TimesyncdReport } from './report.ts'

const nowMs = 1_800_000_000_000
const destinationMs = nowMs - 10_000

/** Ten seconds ago a server answered, 2 ms there and 2 ms back, that the clock lacks so much. */
function report(correctionMs: number, change: Partial<TimesyncdReport> = {}): TimesyncdReport {
  return {
    packetCount: 5,
    leap: 0,
    stratum: 2,
    precisionMs: 0.001,
    rootDelayMs: 4,
    rootDispersionMs: 3,
    originMs: destinationMs - 5,
    receiveMs: destinationMs - 3 + correctionMs,
    transmitMs: destinationMs - 2 + correctionMs,
    destinationMs,
    pollIntervalMs: 64_000,
    frequencyPpm: -20,
    ...change,
  }
}

/** The wall clock, so long after the first reading, if it was set by so much. */
function reading(passedMs: number, setByMs = 0) {
  const wallMs = nowMs + passedMs + setByMs
  return { monotonicMs: 5000 + passedMs, earliestMs: wallMs, latestMs: wallMs + 1 }
}

function observation(said: TimesyncdReport): Observation {
  return { report: said, before: reading(0), after: reading(3) }
}

/** (4 + 4) / 2 + 3 + the precision, what is cut off, and half of the resolution of the wall clock. */
const baseMs = 7.001 + 0.002 + 0.5

describe('sampleOf', () => {
  it('says what the wall clock showed before timesyncd was asked, and how far that may be off', () => {
    const { monotonicMs, timeMs, errorMs, driftPpm } = sampleOf(observation(report(0)))
    expect([monotonicMs, timeMs, driftPpm]).toEqual([5000, nowMs + 0.5, 120])
    expect(errorMs).toBeCloseTo(baseMs + 10_001 * 120e-6, 6)
  })

  // timesyncd may have set the clock right since, or be about to.
  it.each([2500, -40, 0.5])('holds both ends of an offset of %d ms', correctionMs => {
    const { timeMs, errorMs } = sampleOf(observation(report(correctionMs)))
    expect(timeMs).toBeCloseTo(nowMs + 0.5 + correctionMs / 2, 6)
    // Whether the age is by the clock as it was, or as it was set, nobody knows.
    const ageMs = 10_001 - Math.min(0, correctionMs)
    expect(errorMs).toBeCloseTo(baseMs + Math.abs(correctionMs) / 2 + ageMs * 120e-6, 6)
  })

  it.each<[string, Partial<TimesyncdReport>, SourceError['reason']]>([
    ['no answer', { packetCount: 0 }, 'unsynchronized'],
    ['leap 3', { leap: 3 }, 'unsynchronized'],
    ['stratum 0', { stratum: 0 }, 'unsynchronized'],
    ['stratum 16', { stratum: 16 }, 'unsynchronized'],
    ['a server far from its reference', { rootDispersionMs: 16_000 }, 'unsynchronized'],
    ['a resolution that is none', { precisionMs: Number.POSITIVE_INFINITY }, 'unsynchronized'],
    ['an answer before the question', { transmitMs: destinationMs - 4 }, 'absurd'],
    ['an answer that took too long', { transmitMs: destinationMs + 5 }, 'absurd'],
  ])('refuses %s', (_, change, reason) => {
    expect(() => sampleOf(observation(report(0, change)))).toThrow(expect.objectContaining({ reason }))
  })

  it.each([
    [64_000, 299_990, true],
    [64_000, 300_010, false],
    [2_048_000, 8_191_000, true],
    [2_048_000, 8_193_000, false],
    [64_000, 0, true],
    [64_000, -2, true],
    [64_000, -10, false],
  ])('with polls every %d ms, takes an answer of %d ms ago: %s', (pollIntervalMs, ageMs, isTaken) => {
    const answered = report(0, { pollIntervalMs })
    const shifted = { ...answered, originMs: nowMs - ageMs - 5, destinationMs: nowMs - ageMs }
    const said = { ...shifted, receiveMs: nowMs - ageMs - 3, transmitMs: nowMs - ageMs - 2 }
    const take = () => sampleOf(observation(said))
    if (isTaken) expect(take().errorMs).toBeLessThan(2000)
    else expect(take).toThrow(/timesyncd/)
  })

  it('holds true time, now and later, however much of the offset is worked off by then', () => {
    const ms = (min: number, max: number) => fc.double({ min, max, noNaN: true })
    const share = ms(0, 1)
    fc.assert(
      fc.property(
        ms(-200_000, 200_000),
        ms(0, 1000),
        ms(0, 1000),
        share,
        share,
        ms(-1, 1),
        ms(-100, 100),
        (lackedMs, thereMs, backMs, before, later, mistake, oscillatorPpm) => {
          const server = { rootDelayMs: 0, rootDispersionMs: 5 }
          const answered = {
            ...report(0),
            ...server,
            originMs: destinationMs - thereMs - backMs - 1,
            receiveMs: destinationMs - backMs - 1 + lackedMs + mistake * 5,
            transmitMs: destinationMs - backMs + lackedMs + mistake * 5,
          }
          // What timesyncd finds, and the share of it that is worked off by now, and later.
          const foundMs = lackedMs + mistake * 5 + (thereMs - backMs) / 2
          const { timeMs, errorMs } = sampleOf({
            report: answered,
            before: reading(0, foundMs * before),
            after: reading(0, foundMs * before),
          })
          const ageMs = 10_000
          const trueMs = nowMs + lackedMs + ageMs * oscillatorPpm * 1e-6
          expect(Math.abs(timeMs - trueMs)).toBeLessThanOrEqual(errorMs)
          const slewedMs = foundMs * (1 - before) * later
          expect(Math.abs(timeMs + slewedMs - trueMs)).toBeLessThanOrEqual(errorMs)
        },
      ),
    )
  })

  it('takes what a real timesyncd said', () => {
    const said = parseReport(printed.answered)
    const wallMs = said.destinationMs + 1000
    const wall = { monotonicMs: 1, earliestMs: wallMs, latestMs: wallMs + 1 }
    const { timeMs, errorMs } = sampleOf({ report: said, before: wall, after: wall })
    expect(timeMs - wallMs).toBeCloseTo(-2501.908 / 2 + 0.5, 2)
    expect(errorMs).toBeCloseTo(2501.908 / 2 + 14.932 / 2 + 0.5 + 0.35, 1)
  })
})

describe('Continuity', () => {
  const refused = expect.objectContaining({ reason: 'unsynchronized' })
  const seen = (passedMs: number, setByMs: number, said: TimesyncdReport): Observation => ({
    report: said,
    before: reading(passedMs, setByMs),
    after: reading(passedMs + 3, setByMs),
  })

  it('lets pass a clock that goes on', () => {
    const continuity = new Continuity()
    for (const passedMs of [0, 1000, 65_000, 3_600_000]) continuity.follow(seen(passedMs, 0, report(0)))
  })

  it.each([150_000, -150_000, 20, -20])(
    'refuses a clock that somebody set by %d ms, until a server has answered since',
    setByMs => {
      const continuity = new Continuity()
      continuity.follow(seen(0, 0, report(0)))
      expect(() => continuity.follow(seen(5000, setByMs, report(0)))).toThrow(refused)
      expect(() => continuity.follow(seen(6000, setByMs, report(0)))).toThrow(refused)
      const next = report(0, { destinationMs: nowMs + 7000 + setByMs })
      continuity.follow(seen(8000, setByMs, next))
      continuity.follow(seen(9000, setByMs, next))
    },
  )

  it.each([150_000, -150_000, 500])('lets timesyncd set the clock by the %d ms that it found', foundMs => {
    const continuity = new Continuity()
    continuity.follow(seen(0, 0, report(0)))
    const next = report(foundMs, {
      originMs: nowMs + 1000,
      receiveMs: nowMs + 1002 + foundMs,
      transmitMs: nowMs + 1003 + foundMs,
      destinationMs: nowMs + 1005,
    })
    continuity.follow(seen(2000, foundMs, next))
    continuity.follow(seen(3000, foundMs, next))
  })

  it.each([150_000, -150_000])('takes an answer that came after somebody set the clock by %d ms', setByMs => {
    const continuity = new Continuity()
    continuity.follow(seen(0, 0, report(0)))
    const answeredMs = nowMs + 1500 + setByMs
    const next = report(-setByMs, {
      originMs: answeredMs - 5,
      receiveMs: answeredMs - 3 - setByMs,
      transmitMs: answeredMs - 2 - setByMs,
      destinationMs: answeredMs,
    })
    continuity.follow(seen(2000, setByMs, next))
  })

  it('does not take an answer that may have come before somebody set the clock', () => {
    const continuity = new Continuity()
    continuity.follow(seen(0, 0, report(0)))
    const next = report(0, { destinationMs: nowMs + 1000 })
    expect(() => continuity.follow(seen(2000, 300, next))).toThrow(refused)
  })

  it('notices it while it asks for the first time', () => {
    const first = { report: report(0), before: reading(0), after: reading(3, 40) }
    expect(() => new Continuity().follow(first)).toThrow(refused)
  })
})
