import type { HostClock } from '../clock/host.ts'
import type { Random } from './random.ts'

/** How the clocks of a machine go wrong. All that is left out does not happen. */
export interface ClockModel {
  /** The wall clock minus true time at the beginning; positive: it is ahead. */
  readonly offsetSeconds?: number
  /** Drawn for each machine, from -x to x, and added to it. */
  readonly offsetWithinSeconds?: number
  /** How fast the oscillator runs; it moves all clocks of the machine. */
  readonly driftPpm?: number
  /** How much the drift changes in an hour, as a random walk: its standard deviation. */
  readonly wanderPpm?: number
  /** Somebody sets the wall clock. */
  readonly steps?: readonly ClockStep[]
  readonly suspends?: readonly ClockSuspend[]
  /** The wall clock is led astray slowly, as by a leap second that is smeared. */
  readonly smear?: ClockSmear
}

export interface ClockStep {
  readonly atSeconds: number
  /** Positive: forwards. */
  readonly bySeconds: number
}

/** The machine does nothing for a while: a guest is paused, a laptop is closed. */
export interface ClockSuspend {
  readonly atSeconds: number
  readonly forSeconds: number
  /** What the wall clock lacks afterwards. Default: all of it, as that of a guest; 0 where it is set from a clock that ran on. */
  readonly wallLosesSeconds?: number
  /** What the monotonic clock lacks. Default: all of it. */
  readonly monotonicLosesSeconds?: number
}

export interface ClockSmear {
  /** May lie before the beginning. */
  readonly fromSeconds: number
  readonly forSeconds: number
  /** By how much the wall clock is off in the end. */
  readonly bySeconds: number
}

/** From an instant on: each clock minus true time, and how fast that changes. */
export interface ClockSegment {
  readonly fromMs: number
  readonly wallOffsetMs: number
  readonly monotonicOffsetMs: number
  readonly uptimeOffsetMs: number
  /** The oscillator's drift: of all clocks. */
  readonly driftPpm: number
  /** The wall clock's alone, besides. */
  readonly slewPpm: number
}

const wanderEveryMs = 600_000
const hourMs = 3_600_000

/** A change of one kind at one instant; instants are counted from the beginning. */
interface Change {
  readonly atMs: number
  apply(segment: ClockSegment): ClockSegment
}

/** The clocks from 0 to `endMs` as straight lines. */
export function clockSegments(
  model: ClockModel,
  endMs: number,
  random: Random,
): readonly [ClockSegment, ...ClockSegment[]] {
  const { offsetSeconds = 0, offsetWithinSeconds = 0, driftPpm = 0, smear } = model
  const smearedMs = smear === undefined ? 0 : smearAtStartMs(smear)
  const first: ClockSegment = {
    fromMs: 0,
    wallOffsetMs: offsetSeconds * 1000 + random.within(offsetWithinSeconds * 1000) + smearedMs,
    monotonicOffsetMs: 0,
    uptimeOffsetMs: 0,
    driftPpm,
    slewPpm: 0,
  }
  const changes = [
    ...(model.steps ?? []).map(stepChange),
    ...(model.suspends ?? []).map(suspendChange),
    ...(smear === undefined ? [] : smearChanges(smear)),
    ...wanderChanges(model.wanderPpm ?? 0, endMs, random),
  ].toSorted((a, b) => a.atMs - b.atMs)
  let last = first
  const later = changes.map(change => {
    last = change.apply(runOn(last, Math.max(0, change.atMs)))
    return last
  })
  // What begins at 0 is the first; the others follow it.
  const start = later.findLast(segment => segment.fromMs <= 0) ?? first
  return [start, ...later.filter(segment => segment.fromMs > 0)]
}

/** The same line, told from a later point on. */
export function runOn(segment: ClockSegment, atMs: number): ClockSegment {
  const passedMs = atMs - segment.fromMs
  const driftMs = passedMs * segment.driftPpm * 1e-6
  return {
    ...segment,
    fromMs: atMs,
    wallOffsetMs: segment.wallOffsetMs + driftMs + passedMs * segment.slewPpm * 1e-6,
    monotonicOffsetMs: segment.monotonicOffsetMs + driftMs,
    uptimeOffsetMs: segment.uptimeOffsetMs + driftMs,
  }
}

function stepChange({ atSeconds, bySeconds }: ClockStep): Change {
  return {
    atMs: atSeconds * 1000,
    apply: segment => ({ ...segment, wallOffsetMs: segment.wallOffsetMs + bySeconds * 1000 }),
  }
}

/** The clocks are moved when the machine goes on: nobody sees them before. */
function suspendChange(suspend: ClockSuspend): Change {
  const { atSeconds, forSeconds, wallLosesSeconds = forSeconds } = suspend
  const { monotonicLosesSeconds = forSeconds } = suspend
  // A clock that ran on keeps both the wall clock and the uptime right.
  const uptimeLosesSeconds = Math.min(monotonicLosesSeconds, Math.max(0, wallLosesSeconds))
  return {
    atMs: (atSeconds + forSeconds) * 1000,
    apply: segment => ({
      ...segment,
      wallOffsetMs: segment.wallOffsetMs - wallLosesSeconds * 1000,
      monotonicOffsetMs: segment.monotonicOffsetMs - monotonicLosesSeconds * 1000,
      uptimeOffsetMs: segment.uptimeOffsetMs - uptimeLosesSeconds * 1000,
    }),
  }
}

function smearPpm({ bySeconds, forSeconds }: ClockSmear): number {
  return (bySeconds / forSeconds) * 1e6
}

function smearAtStartMs(smear: ClockSmear): number {
  const passed = Math.min(Math.max(0, -smear.fromSeconds), smear.forSeconds)
  return passed * smearPpm(smear) * 1e-3
}

function smearChanges(smear: ClockSmear): readonly Change[] {
  const { fromSeconds, forSeconds } = smear
  const endsAtMs = (fromSeconds + forSeconds) * 1000
  if (endsAtMs <= 0) return []
  return [
    { atMs: fromSeconds * 1000, apply: segment => ({ ...segment, slewPpm: smearPpm(smear) }) },
    { atMs: endsAtMs, apply: segment => ({ ...segment, slewPpm: 0 }) },
  ]
}

function wanderChanges(wanderPpm: number, endMs: number, random: Random): readonly Change[] {
  if (wanderPpm === 0) return []
  // The variance of a random walk grows with time.
  const deviationPpm = wanderPpm * Math.sqrt(wanderEveryMs / hourMs)
  return Array.from({ length: Math.ceil(endMs / wanderEveryMs) }, (_, index) => {
    const byPpm = random.normal() * deviationPpm
    return {
      atMs: index * wanderEveryMs,
      apply: segment => ({ ...segment, driftPpm: segment.driftPpm + byPpm }),
    }
  })
}

/** The clocks of one machine, at the instant that a simulation has reached. */
export class SimulatedHost implements HostClock {
  readonly #now: () => number
  readonly #startMs: number
  #segment: ClockSegment
  #later: readonly ClockSegment[]
  #next = 0

  /** @param now true time, ms since the Unix epoch; it never goes back */
  constructor(segments: readonly [ClockSegment, ...ClockSegment[]], startMs: number, now: () => number) {
    const [first, ...later] = segments
    this.#segment = first
    this.#later = later
    this.#startMs = startMs
    this.#now = now
  }

  wallMs(): number {
    const { wallOffsetMs, driftPpm, slewPpm } = this.#find()
    return this.#now() + wallOffsetMs + this.#passedMs() * (driftPpm + slewPpm) * 1e-6
  }

  monotonicMs(): number {
    const { monotonicOffsetMs, driftPpm } = this.#find()
    return this.#now() - this.#startMs + monotonicOffsetMs + this.#passedMs() * driftPpm * 1e-6
  }

  uptimeMs(): number {
    const { uptimeOffsetMs, driftPpm } = this.#find()
    return this.#now() - this.#startMs + uptimeOffsetMs + this.#passedMs() * driftPpm * 1e-6
  }

  bootId(): string {
    return 'simulated'
  }

  /** Somebody sets the wall clock: from now on it is off by so much, and drifts on. */
  setOffset(offsetMs: number): void {
    const atMs = this.#now() - this.#startMs
    const now = runOn(this.#find(), atMs)
    this.#segment = { ...now, wallOffsetMs: offsetMs }
    this.#later = this.#later.slice(this.#next).map(segment => ({
      ...segment,
      wallOffsetMs: segment.wallOffsetMs + offsetMs - now.wallOffsetMs,
    }))
    this.#next = 0
  }

  #passedMs(): number {
    return this.#now() - this.#startMs - this.#segment.fromMs
  }

  #find(): ClockSegment {
    for (;;) {
      const next = this.#later[this.#next]
      if (next === undefined || next.fromMs > this.#now() - this.#startMs) return this.#segment
      this.#segment = next
      this.#next += 1
    }
  }
}
