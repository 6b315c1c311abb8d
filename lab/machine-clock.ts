import { type ClockModel, type ClockSegment, clockSegments, Random, runOn } from 'skewproof/simulator'
import type { ShimmedClock } from '../test/support/clock-shim.ts'

/** A machine's wall clock, as a scenario wants it: the same lines that the simulator computes with. */
export class MachineClock {
  readonly shim: ShimmedClock
  readonly #segments: readonly [ClockSegment, ...ClockSegment[]]

  constructor(model: ClockModel, durationSeconds: number, shim: ShimmedClock) {
    this.#segments = clockSegments(model, durationSeconds * 1000, new Random(1))
    this.shim = shim
    this.#show(this.#segments[0])
  }

  /** How far it is off so long after the beginning. */
  offsetSecondsAt(seconds: number): number {
    const atMs = seconds * 1000
    const [first] = this.#segments
    const segment = this.#segments.findLast(({ fromMs }) => fromMs <= atMs) ?? first
    return runOn(segment, atMs).wallOffsetMs / 1000
  }

  /** The story begins: from now on what happens to the clock happens. */
  run(at: (ms: number, action: () => void) => void): void {
    for (const segment of this.#segments) at(segment.fromMs, () => this.#show(segment))
  }

  #show({ wallOffsetMs, driftPpm, slewPpm }: ClockSegment): void {
    this.shim.set(wallOffsetMs, driftPpm + slewPpm)
  }
}
