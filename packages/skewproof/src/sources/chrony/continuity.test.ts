import { expect, it } from 'vitest'
import { ManualHostClock } from '../../clock/manual.ts'
import { readWall, type WallReading } from '../wall.ts'
import { WallContinuity } from './continuity.ts'
import type { ChronySource, ChronyTracking } from './report.ts'

const quiet: Omit<ChronyTracking, 'correctionMs'> = {
  referenceId: 'C0000201',
  address: '192.0.2.1',
  stratum: 3,
  leap: 'none',
  referenceTimeMs: 0,
  lastOffsetMs: 0,
  rmsOffsetMs: 0,
  frequencyPpm: 0,
  residualFrequencyPpm: 0,
  skewPpm: 0,
  rootDelayMs: 0,
  rootDispersionMs: 5,
  updateIntervalMs: 64_000,
}
const selected: Omit<ChronySource, 'lastSampleSeconds'> = {
  address: '192.0.2.1',
  mode: 'server',
  state: 'selected',
  stratum: 2,
  pollSeconds: 64,
  reachability: 255,
  offsetMs: 0,
  measuredOffsetMs: 0,
  errorMs: 0,
  statistics: undefined,
}

/** A process whose wall clock and chronyd are told what to do. */
class Scene {
  readonly host = new ManualHostClock(1_800_000_000_000)
  readonly #continuity = new WallContinuity()
  correctionMs = 0
  sampledAtMs = 0

  /** Whether chronyd is believed, with a bound of 5 ms. */
  ask(meanwhile: { beforehand?: () => void; afterwards?: () => void } = {}): boolean {
    const asked = readWall(this.host)
    meanwhile.beforehand?.()
    const before = readWall(this.host)
    meanwhile.afterwards?.()
    this.host.advance(1)
    return this.#check(asked, before, readWall(this.host))
  }

  #check(asked: WallReading, before: WallReading, after: WallReading): boolean {
    const { correctionMs } = this
    const lastSampleSeconds = Math.floor((this.host.monotonicMs() - this.sampledAtMs) / 1000)
    const observation = {
      tracking: { ...quiet, correctionMs },
      sources: [{ ...selected, lastSampleSeconds }],
      asked,
      before,
      after,
    }
    try {
      this.#continuity.check(observation, 50)
      return true
    } catch (error) {
      expect(error).toMatchObject({ reason: 'unsynchronized' })
      return false
    }
  }

  /** chronyd measures, and time passes. */
  sample(): void {
    this.host.advance(2000)
    this.sampledAtMs = this.host.monotonicMs()
    this.host.advance(1000)
  }
}

it('believes chronyd while the wall clock runs, and is slewed, by whomever', () => {
  const scene = new Scene()
  expect(scene.ask()).toBe(true)
  for (const slewMs of [0, 300, -20]) {
    scene.host.advance(64_000)
    scene.correctionMs -= slewMs
    expect(scene.ask()).toBe(true)
  }
})

it('believes chronyd when it has set the wall clock itself', () => {
  const scene = new Scene()
  scene.correctionMs = 2500
  expect(scene.ask()).toBe(true)
  scene.host.advance(2000)
  scene.host.step(2500)
  scene.correctionMs = 3
  expect(scene.ask()).toBe(true)
})

it.each([20, -20, 700, -150_000])(
  'does not believe it when somebody else has, by %d ms, until it has measured',
  stepMs => {
    const scene = new Scene()
    expect(scene.ask()).toBe(true)
    scene.host.advance(64_000)
    scene.host.step(stepMs)
    expect(scene.ask()).toBe(false)
    scene.host.advance(64_000)
    expect(scene.ask()).toBe(false)
    scene.sample()
    expect(scene.ask()).toBe(true)
  },
)

it('does not believe it after a suspend, until it has measured', () => {
  const scene = new Scene()
  expect(scene.ask()).toBe(true)
  scene.host.suspend(60_000)
  expect(scene.ask()).toBe(false)
  scene.sample()
  expect(scene.ask()).toBe(true)
})

it.each(['beforehand', 'afterwards'])(
  'notices a step while chronyd is asked, in the first measurement too, %s',
  when => {
    const scene = new Scene()
    expect(scene.ask({ [when]: () => scene.host.step(40) })).toBe(false)
    scene.sample()
    expect(scene.ask()).toBe(true)
  },
)

it('does not take a measurement of the second of the step for a later one', () => {
  const scene = new Scene()
  expect(scene.ask()).toBe(true)
  scene.sampledAtMs = scene.host.monotonicMs()
  scene.host.step(700)
  scene.host.advance(999)
  expect(scene.ask()).toBe(false)
  scene.host.advance(1000)
  expect(scene.ask()).toBe(false)
})
