import { describe, expect, it } from 'vitest'
import { BoundedClock } from './bounded.ts'
import { ManualHostClock } from './manual.ts'
import type { Schedule } from './schedule.ts'
import { SourceError, type TimeSource } from './source.ts'

const dayMs = 86_400_000
const seeds = Number(process.env['SKEWPROOF_SEEDS'] ?? 10)
const firstSeed = Number(process.env['SKEWPROOF_FIRST_SEED'] ?? 1)

/** mulberry32: small, seeded, good enough to make trouble. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A machine in simulated time: what true time is, and whose timers run on its monotonic clock. */
class SimulatedMachine {
  readonly host: ManualHostClock
  trueMs: number
  driftPpm = 0
  /** Something was awaited that the last timer may have brought: its promises have to run. */
  isAwaited = false
  #actions: { atMs: number; action: () => void }[] = []

  constructor(trueMs: number, wallOffsetMs: number) {
    this.trueMs = trueMs
    this.host = new ManualHostClock(trueMs + wallOffsetMs)
  }

  readonly schedule: Schedule = (delayMs, action) => {
    const entry = { atMs: this.host.monotonicMs() + delayMs, action }
    this.#actions.push(entry)
    return () => {
      this.#actions = this.#actions.filter(other => other !== entry)
    }
  }

  /** The machine's oscillator is `driftPpm` slow: true time passes faster than its clocks count. */
  advance(ms: number): void {
    this.host.advance(ms)
    this.trueMs += ms * (1 + this.driftPpm * 1e-6)
  }

  async pass(ms: number): Promise<void> {
    await new Promise<void>(resolve => {
      this.schedule(ms, () => {
        this.isAwaited = true
        resolve()
      })
    })
  }

  suspend(ms: number): void {
    this.host.suspend(ms)
    this.trueMs += ms
  }

  /** Runs the next timer, with all that follows from it. */
  async runNext(): Promise<void> {
    const next = this.#actions.reduce((first, entry) => (entry.atMs < first.atMs ? entry : first))
    this.#actions = this.#actions.filter(entry => entry !== next)
    this.advance(Math.max(0, next.atMs - this.host.monotonicMs()))
    next.action()
    if (this.isAwaited) await settle()
    this.isAwaited = false
  }
}

/** Lets the promises of a measurement run to their end; nothing in the simulation waits for real time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

interface SimulatedSource extends TimeSource {
  isLost: boolean
}

interface SourceTraits {
  /** A liar is off by so much. */
  readonly lieMs: number
  /** Like a daemon on this host, it tells how far the wall clock is off; the others tell the time. */
  readonly isAboutWallClock: boolean
}

/** A source whose reply takes unequal times there and back, with steps and suspends in between. */
function simulatedSource(
  name: string,
  machine: SimulatedMachine,
  random: () => number,
  { lieMs, isAboutWallClock }: SourceTraits,
): SimulatedSource {
  const { host } = machine
  return {
    name,
    authenticated: false,
    minPollMs: 0,
    isLost: false,
    async measure() {
      machine.isAwaited = true
      const monotonicMs = host.monotonicMs()
      const wallMs = host.wallMs()
      await machine.pass(random() * 40)
      const serverErrorMs = random() * 5
      const servedMs = machine.trueMs + (random() * 2 - 1) * serverErrorMs + lieMs
      const wallOffsetMs = host.wallMs() - servedMs
      await machine.pass(random() * 40)
      if (this.isLost || random() < 0.05) throw new SourceError('timeout', 'lost')
      const roundTripMs = host.monotonicMs() - monotonicMs
      const timeMs = isAboutWallClock ? wallMs - wallOffsetMs : servedMs - roundTripMs / 2
      return { monotonicMs, timeMs, errorMs: roundTripMs / 2 + serverErrorMs }
    },
  }
}

interface Outcome {
  readonly readings: number
  readonly violations: number
  readonly synchronizedMs: number
  /** The day without the time that the machine slept. */
  readonly awakeMs: number
}

/** A day of steps, suspends, changing drift, lost sources and a liar. */
async function simulateDay(seed: number): Promise<Outcome> {
  const random = generator(seed)
  const machine = new SimulatedMachine(1_800_000_000_000, (random() - 0.5) * 600_000)
  const lies = [0, 0, 0, random() < 0.5 ? 180_000 : (random() - 0.5) * 200]
  const sources = lies.map((lieMs, id) =>
    simulatedSource(`source ${id}`, machine, random, { lieMs, isAboutWallClock: id === 1 }),
  )
  const clock = new BoundedClock({
    sources,
    host: machine.host,
    schedule: machine.schedule,
    random,
    driftPpm: 500,
  })
  void clock.measure()
  const endMs = machine.trueMs + dayMs
  const outcome = { readings: 0, violations: 0, synchronizedMs: 0, awakeMs: 0 }
  while (machine.trueMs < endMs) {
    const event = random()
    if (event < 0.0002) machine.host.step((random() - 0.5) * 1_200_000)
    else if (event < 0.0004) machine.suspend(1000 + random() * 3_600_000)
    else if (event < 0.001) machine.driftPpm = (random() - 0.5) * 1000
    else if (event < 0.0015) {
      // One honest source at a time is away, and none goes before the last is back: a majority has to be honest.
      for (const source of sources) source.isLost = false
      const isComplete = clock.sources.every(source => source.status !== 'unreachable')
      const away = sources[Math.floor(random() * 3)]
      if (away !== undefined && isComplete) away.isLost = random() < 0.7
    }
    const { timeMs, errorMs, status } = clock.now()
    outcome.readings += 1
    if (status !== 'unsynchronized' && Math.abs(timeMs - machine.trueMs) > errorMs + 1e-3)
      outcome.violations += 1
    const readAtMs = machine.host.monotonicMs()
    await machine.runNext()
    if (status === 'synchronized') outcome.synchronizedMs += machine.host.monotonicMs() - readAtMs
  }
  clock.close()
  return { ...outcome, awakeMs: machine.host.monotonicMs() }
}

describe('a simulated day', () => {
  it(`keeps true time inside the bound at every reading, for ${seeds} seeds`, async () => {
    const total = { readings: 0, violations: 0, synchronizedMs: 0, awakeMs: 0 }
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const outcome = await simulateDay(seed)
      total.readings += outcome.readings
      total.violations += outcome.violations
      total.synchronizedMs += outcome.synchronizedMs
      total.awakeMs += outcome.awakeMs
      expect({ seed, violations: outcome.violations }).toEqual({ seed, violations: 0 })
    }
    // A clock that never dares to say anything would pass too.
    expect(total.synchronizedMs / total.awakeMs).toBeGreaterThan(0.85)
  }, 3_600_000)
})
