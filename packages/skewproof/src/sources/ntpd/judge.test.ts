import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SourceError } from '../../clock/source.ts'
import { Continuity } from './continuity.ts'
import { sampleOf } from './judge.ts'
import type { NtpdPeer, NtpdSystem, Observation } from './report.ts'

const nowMs = 1_800_000_000_000

const system: NtpdSystem = {
  leap: 0,
  stratum: 3,
  referenceId: '192.0.2.2',
  peer: 7,
  referenceTimeMs: nowMs - 10_000,
  correctionMs: 0,
  frequencyPpm: -12,
  clockMs: nowMs,
}
const peer: NtpdPeer = {
  address: '192.0.2.2',
  stratum: 2,
  reachability: 0xff,
  pollSeconds: 64,
  receivedMs: nowMs - 10_000,
  correctionMs: 0,
  delayMs: 8,
  dispersionMs: 0.5,
  jitterMs: 0.25,
  rootDelayMs: 2,
  rootDispersionMs: 3,
}
const roundTrip = { sentMs: 5000, receivedMs: 5004 }
/** (8 + 2) / 2 + 0.5 + 3 + 0.25, 50 ppm of 10 s, and half of the round trip. */
const baseMs = 8.75 + 0.5 + 2

function observation(change: { system?: Partial<NtpdSystem>; peer?: Partial<NtpdPeer> } = {}): Observation {
  return { system: { ...system, ...change.system }, peer: { ...peer, ...change.peer }, roundTrip }
}

describe('sampleOf', () => {
  it('says what the clock showed when it was asked, and how far that may be off', () => {
    const { monotonicMs, timeMs, errorMs, driftPpm } = sampleOf(observation())
    expect([monotonicMs, timeMs, driftPpm]).toEqual([5000, nowMs - 2, 50])
    expect(errorMs).toBeCloseTo(baseMs, 9)
  })

  // Both of ntpd's offsets may be worked off already, or not at all.
  it.each([
    [0, 2500, 0, 2500],
    [-40, 0, -40, 0],
    [30, 20, 0, 30],
    [-1, 3, -1, 3],
  ])('holds both ends: the offset is %d ms, by its server %d ms', (own, ofPeer, leastMs, mostMs) => {
    const changed = observation({ system: { correctionMs: own }, peer: { correctionMs: ofPeer } })
    const { timeMs, errorMs } = sampleOf(changed)
    expect(timeMs).toBeCloseTo(nowMs - 2 + (leastMs + mostMs) / 2, 6)
    expect(errorMs).toBeCloseTo(baseMs + (mostMs - leastMs) / 2, 6)
  })

  it('takes a frequency that is further off for the drift', () => {
    const { driftPpm, errorMs } = sampleOf(observation({ system: { frequencyPpm: -150 } }))
    expect(driftPpm).toBe(150)
    expect(errorMs).toBeCloseTo(baseMs + 1, 9)
  })

  it.each<[string, Parameters<typeof observation>[0], SourceError['reason']]>([
    ['leap 3', { system: { leap: 3 } }, 'unsynchronized'],
    ['stratum 16', { system: { stratum: 16 } }, 'unsynchronized'],
    ['stratum 0', { system: { stratum: 0 } }, 'unsynchronized'],
    ['no reference time', { system: { referenceTimeMs: undefined } }, 'unsynchronized'],
    ['its own clock as its reference', { peer: { address: '127.127.1.0' } }, 'unsynchronized'],
    ['a server that is silent', { peer: { reachability: 0 } }, 'unsynchronized'],
    ['a server that was never heard', { peer: { receivedMs: undefined } }, 'unsynchronized'],
    ['a server that was last heard long ago', { peer: { receivedMs: nowMs - 301_000 } }, 'unsynchronized'],
    ['a server far from its reference', { peer: { rootDispersionMs: 16_000 } }, 'unsynchronized'],
    ['a new server', { peer: { dispersionMs: 15_995 } }, 'unsynchronized'],
    ['an answer from the future', { peer: { receivedMs: nowMs + 1100 } }, 'absurd'],
    ['no clock', { system: { clockMs: undefined } }, 'absurd'],
    ['a negative dispersion', { peer: { dispersionMs: -1 } }, 'absurd'],
    ['a negative delay', { peer: { delayMs: -1 } }, 'absurd'],
    ['a negative jitter', { peer: { jitterMs: -1 } }, 'absurd'],
  ])('refuses %s', (_, change, reason) => {
    expect(() => sampleOf(observation(change))).toThrow(expect.objectContaining({ reason }))
  })

  it.each<[string, Parameters<typeof observation>[0]]>([
    ['300 s ago', { peer: { receivedMs: nowMs - 300_000 } }],
    ['four polls ago', { peer: { receivedMs: nowMs - 4_096_000, pollSeconds: 1024 } }],
    ['just after the clock was read', { peer: { receivedMs: nowMs + 1000 } }],
    ['from a reference clock that is not its own', { peer: { address: '127.127.28.0' } }],
  ])('accepts an answer %s', (_, change) => {
    expect(sampleOf(observation(change)).errorMs).toBeLessThan(300)
  })

  it('holds true time, now and later, however much of the offset is worked off by then', () => {
    const ms = (min: number, max: number) => fc.double({ min, max, noNaN: true })
    const share = ms(0, 1)
    fc.assert(
      fc.property(
        ms(-5000, 5000),
        ms(-1, 1),
        share,
        share,
        share,
        ms(0, 300_000),
        (offsetMs, mistake, workedOffBefore, workedOffLater, whenAnswered, ageMs) => {
          const distanceMs = (peer.delayMs + peer.rootDelayMs) / 2 + peer.rootDispersionMs
          // What the clock really lacked when its server answered, and what of it is left.
          const lackedMs = offsetMs + mistake * distanceMs
          const leftMs = lackedMs - offsetMs * workedOffBefore
          const answeredMs = whenAnswered * (roundTrip.receivedMs - roundTrip.sentMs)
          const { timeMs, errorMs } = sampleOf(
            observation({ peer: { correctionMs: offsetMs, receivedMs: nowMs - ageMs } }),
          )
          const trueMs = nowMs - answeredMs + leftMs
          expect(Math.abs(timeMs - trueMs)).toBeLessThanOrEqual(errorMs)
          // Slewing moves the monotonic clock, and with it what is extrapolated.
          const slewedMs = offsetMs * (1 - workedOffBefore) * workedOffLater
          expect(Math.abs(timeMs + slewedMs - trueMs)).toBeLessThanOrEqual(errorMs)
        },
      ),
    )
  })
})

describe('Continuity', () => {
  /** What is seen after so long, of a clock that was set by so much. */
  const seen = (
    passedMs: number,
    setByMs: number,
    receivedMs: number | undefined = peer.receivedMs,
  ): Observation => ({
    system: { ...system, clockMs: nowMs + passedMs + setByMs },
    peer: { ...peer, receivedMs },
    roundTrip: { sentMs: 5000 + passedMs, receivedMs: 5004 + passedMs },
  })
  const refused = expect.objectContaining({ reason: 'unsynchronized' })

  it('lets pass what goes as the monotonic clock goes, and slewing', () => {
    const continuity = new Continuity()
    for (const [passedMs, setByMs] of [
      [0, 0],
      [1000, 0],
      [65_000, 30],
      [65_001, 34],
      [1_000_000, -400],
    ] as const) {
      continuity.follow(seen(passedMs, setByMs))
    }
  })

  it.each([150_000, -150_000, 100, -100])(
    'refuses a clock that was set by %d ms until its server has been asked again',
    setByMs => {
      const continuity = new Continuity()
      continuity.follow(seen(0, 0))
      expect(() => continuity.follow(seen(2000, setByMs))).toThrow(refused)
      expect(() => continuity.follow(seen(4000, setByMs))).toThrow(refused)
      continuity.follow(seen(6000, setByMs, nowMs + 5000 + setByMs))
      continuity.follow(seen(8000, setByMs, nowMs + 5000 + setByMs))
    },
  )

  it('does not take an answer for newer that may have come before the clock was set', () => {
    const continuity = new Continuity()
    continuity.follow(seen(0, 0))
    expect(() => continuity.follow(seen(9000, 5000, nowMs + 1))).toThrow(refused)
  })
})
