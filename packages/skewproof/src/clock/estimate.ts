import { OptionError } from '../time/option-error.ts'
import { type Anchor, disturb, errorAt, timeAt } from './anchor.ts'
import type { Clock, ClockReading } from './clock.ts'
import { type Disturbance, findDisturbance, type HostReading, haveParted, readHost } from './disturbance.ts'
import type { HostClock } from './host.ts'
import type { TimeSample } from './source.ts'
import { clockStatus, type StatusLimits } from './status.ts'

export interface EstimateOptions extends StatusLimits {
  readonly host: HostClock
  /** How wrong this machine's oscillator may be at worst. */
  readonly driftPpm: number
  /** Somebody set the wall clock, or the machine slept; the bound has been widened. */
  readonly onDisturbance: (disturbance: Disturbance) => void
}

/**
 * What is believed of the time, run on by the monotonic clock from the last measurement. It has no timers: a step or a
 * suspend is noticed by whoever reads it next, or checks.
 */
export class Estimate implements Clock {
  readonly #options: EstimateOptions
  #anchor: Anchor | undefined
  #checked: HostReading

  /** @throws OptionError for a drift that cannot be */
  constructor(options: EstimateOptions) {
    const { driftPpm } = options
    if (!(driftPpm >= 0 && driftPpm <= 100_000))
      throw new OptionError('driftPpm', 'use a number from 0 to 100000')
    this.#options = options
    this.#checked = readHost(options.host)
  }

  now(): ClockReading {
    return this.#read(this.#options)
  }

  /**
   * The estimate with its bound, also when that has grown beyond `maxErrorMs`: what a correction is measured against. The
   * wall clock only until something has been measured.
   */
  believed(): ClockReading {
    return this.#read({ ...this.#options, maxErrorMs: Number.POSITIVE_INFINITY })
  }

  /** This machine's wall clock minus the estimate, ms; positive: it is ahead. `undefined` while nothing is known. */
  get wallOffsetMs(): number | undefined {
    const { timeMs, status } = this.now()
    return status === 'unsynchronized' ? undefined : this.#options.host.wallMs() - timeMs
  }

  /** Runs on from a measurement. */
  adopt(sample: TimeSample): void {
    this.check()
    const { monotonicMs, timeMs, errorMs, driftPpm = this.#options.driftPpm } = sample
    this.#anchor = { monotonicMs, timeMs, errorMs, driftPpm, isDisrupted: false }
  }

  /** Compares the host's clocks with what they were, and reacts if one was moved. */
  check(): void {
    const reading = readHost(this.#options.host)
    const disturbance = findDisturbance(this.#checked, reading)
    this.#checked = reading
    if (disturbance === undefined) return
    this.#anchor = this.#anchor && disturb(this.#anchor, disturbance)
    this.#options.onDisturbance(disturbance)
  }

  #read(limits: StatusLimits): ClockReading {
    const { host } = this.#options
    const wallMs = host.wallMs()
    const monotonicMs = host.monotonicMs()
    if (haveParted(this.#checked, wallMs, monotonicMs)) this.check()
    const anchor = this.#anchor
    const errorMs = anchor === undefined ? Number.POSITIVE_INFINITY : errorAt(anchor, monotonicMs)
    const status = clockStatus(
      {
        agreedForMs: anchor && monotonicMs - anchor.monotonicMs,
        isDisrupted: anchor?.isDisrupted === true,
        errorMs,
      },
      limits,
    )
    if (anchor === undefined || status === 'unsynchronized') {
      return { timeMs: wallMs, errorMs: Number.POSITIVE_INFINITY, status: 'unsynchronized' }
    }
    return { timeMs: timeAt(anchor, monotonicMs), errorMs, status }
  }
}
