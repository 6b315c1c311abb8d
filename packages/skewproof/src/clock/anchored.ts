import { EventEmitter } from 'node:events'
import type { Clock, ClockReading } from './clock.ts'
import { Estimate } from './estimate.ts'
import type { HostClock } from './host.ts'
import type { TimeSample } from './source.ts'
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
  readonly #estimate: Estimate
  readonly #events = new EventEmitter<ClockEvents>()
  readonly #timer: NodeJS.Timeout | undefined

  constructor(options: AnchoredClockOptions = {}) {
    const { host = systemHostClock, driftPpm = defaultDriftPpm, checkEveryMs = defaultCheckEveryMs } = options
    const { maxErrorMs = Number.POSITIVE_INFINITY, freshForMs = Number.POSITIVE_INFINITY } = options
    this.#estimate = new Estimate({
      host,
      driftPpm,
      maxErrorMs,
      freshForMs,
      onDisturbance: ({ stepMs, suspendedMs }) => {
        if (suspendedMs !== 0) this.#events.emit('suspend', { suspendedMs })
        if (stepMs !== 0) this.#events.emit('step', { stepMs })
      },
    })
    this.#timer = checkEveryMs > 0 ? setInterval(() => this.check(), checkEveryMs) : undefined
    this.#timer?.unref()
  }

  now(): ClockReading {
    return this.#estimate.now()
  }

  /** As `Estimate.believed`. */
  believed(): ClockReading {
    return this.#estimate.believed()
  }

  /** This machine's wall clock minus the estimate, ms; positive: it is ahead. `undefined` while nothing is known. */
  get wallOffsetMs(): number | undefined {
    return this.#estimate.wallOffsetMs
  }

  /** Runs on from a measurement. */
  adopt(sample: TimeSample): void {
    this.#estimate.adopt(sample)
  }

  /** Compares the host's clocks with what they were, and reacts if one was moved. */
  check(): void {
    this.#estimate.check()
  }

  on<E extends keyof ClockEvents>(event: E, listener: (...args: ClockEvents[E]) => void): this {
    // The listeners' types are ClockEvents'; the emitter's own signature cannot express that for a type parameter.
    this.#events.on(event, listener as never)
    return this
  }

  off<E extends keyof ClockEvents>(event: E, listener: (...args: ClockEvents[E]) => void): this {
    this.#events.off(event, listener as never)
    return this
  }

  close(): void {
    clearInterval(this.#timer)
    this.#events.removeAllListeners()
  }
}
