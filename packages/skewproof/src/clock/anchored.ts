import { EventEmitter } from 'node:events'
import { OptionError } from '../time/index.ts'
import { type Anchor, disturb, errorAt, timeAt } from './anchor.ts'
import type { Clock, ClockReading } from './clock.ts'
import { findDisturbance, type HostReading, haveParted, readHost } from './disturbance.ts'
import type { HostClock } from './host.ts'
import type { TimeSample } from './source.ts'
import { clockStatus, type StatusLimits } from './status.ts'
import { systemHostClock } from './system.ts'

export interface ClockEvents {
  /** Somebody set the wall clock, by `stepMs`; positive: forwards. */
  step: [{ readonly stepMs: number }]
  /** The machine slept. */
  suspend: [{ readonly suspendedMs: number }]
}

export interface AnchoredClockOptions {
  /** How wrong this machine's oscillator may be at worst. Default 200 ppm. */
  driftPpm?: number
  /** When the bound has grown beyond this, nothing is known any more. Default: it never does. */
  maxErrorMs?: number
  /** How long a measurement counts as fresh. Default: for ever. */
  freshForMs?: number
  /** How often the clocks are compared; `0`: only when somebody reads. Default 500 ms. */
  checkEveryMs?: number
  host?: HostClock
}

export const defaultDriftPpm = 200
const defaultCheckEveryMs = 500

/**
 * A clock that runs on the monotonic clock from the last measurement, so that nobody who sets the wall clock moves it. A
 * step or a suspend is noticed within a second, or by the next who reads, and widens the bound at once.
 *
 * Until something has been measured it is the wall clock, `unsynchronized`.
 */
export class AnchoredClock implements Clock {
  readonly #host: HostClock
  readonly #driftPpm: number
  readonly #limits: StatusLimits
  readonly #events = new EventEmitter<ClockEvents>()
  readonly #timer: NodeJS.Timeout | undefined
  #anchor: Anchor | undefined
  #checked: HostReading

  constructor(options: AnchoredClockOptions = {}) {
    const { host = systemHostClock, driftPpm = defaultDriftPpm, checkEveryMs = defaultCheckEveryMs } = options
    const { maxErrorMs = Number.POSITIVE_INFINITY, freshForMs = Number.POSITIVE_INFINITY } = options
    this.#host = host
    this.#limits = { maxErrorMs, freshForMs }
    this.#driftPpm = requirePpm(driftPpm)
    this.#checked = readHost(host)
    this.#timer = checkEveryMs > 0 ? setInterval(() => this.check(), checkEveryMs) : undefined
    this.#timer?.unref()
  }

  now(): ClockReading {
    return this.#read(this.#limits)
  }

  /**
   * The estimate with its bound, also when that has grown beyond `maxErrorMs`: what a correction is measured against. The
   * wall clock only until something has been measured.
   */
  believed(): ClockReading {
    return this.#read({ ...this.#limits, maxErrorMs: Number.POSITIVE_INFINITY })
  }

  /** This machine's wall clock minus the estimate, ms; positive: it is ahead. `undefined` while nothing is known. */
  get wallOffsetMs(): number | undefined {
    const { timeMs, status } = this.now()
    return status === 'unsynchronized' ? undefined : this.#host.wallMs() - timeMs
  }

  /** Runs on from a measurement. */
  adopt(sample: TimeSample): void {
    this.check()
    const { monotonicMs, timeMs, errorMs, driftPpm = this.#driftPpm } = sample
    this.#anchor = { monotonicMs, timeMs, errorMs, driftPpm, isDisrupted: false }
  }

  /** Compares the host's clocks with what they were, and reacts if one was moved. */
  check(): void {
    const reading = readHost(this.#host)
    const disturbance = findDisturbance(this.#checked, reading)
    this.#checked = reading
    if (disturbance === undefined) return
    this.#anchor = this.#anchor && disturb(this.#anchor, disturbance)
    const { stepMs, suspendedMs } = disturbance
    if (suspendedMs !== 0) this.#events.emit('suspend', { suspendedMs })
    if (stepMs !== 0) this.#events.emit('step', { stepMs })
  }

  on<E extends keyof ClockEvents>(event: E, listener: (...args: ClockEvents[E]) => void): this {
    // The listeners' types are ClockEvents'; the emitter's own signature cannot express that for a type parameter.
    this.#events.on(event, listener as never)
    return this
  }

  close(): void {
    clearInterval(this.#timer)
    this.#events.removeAllListeners()
  }

  #read(limits: StatusLimits): ClockReading {
    const wallMs = this.#host.wallMs()
    const monotonicMs = this.#host.monotonicMs()
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

function requirePpm(driftPpm: number): number {
  if (!(driftPpm >= 0 && driftPpm <= 100_000))
    throw new OptionError('driftPpm', 'use a number from 0 to 100000')
  return driftPpm
}
