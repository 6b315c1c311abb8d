import type { Clock, ClockReading, ClockStatus } from './clock.ts'
import type { HostClock } from './host.ts'

export interface ManualReading {
  timeMs?: number
  errorMs?: number
  status?: ClockStatus
}

/** A clock that says what it is told: for tests and simulations. */
export class ManualClock implements Clock {
  #reading: ClockReading

  constructor(reading: ManualReading = {}) {
    this.#reading = { timeMs: 0, errorMs: 0, status: 'synchronized', ...reading }
  }

  now(): ClockReading {
    return this.#reading
  }

  set(reading: ManualReading): void {
    this.#reading = { ...this.#reading, ...reading }
  }

  advance(ms: number): void {
    this.set({ timeMs: this.#reading.timeMs + ms })
  }
}

/** A machine whose clocks are moved by hand: time passes, the wall clock is stepped, the machine sleeps or reboots. */
export class ManualHostClock implements HostClock {
  #wallMs: number
  #monotonicMs = 0
  #uptimeMs = 0
  #boots = 0

  constructor(wallMs = 0) {
    this.#wallMs = wallMs
  }

  wallMs(): number {
    return this.#wallMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  uptimeMs(): number {
    return this.#uptimeMs
  }

  bootId(): string {
    return `boot-${this.#boots}`
  }

  /** Time passes; the wall clock may run fast (positive `wallDriftPpm`) or slow. */
  advance(ms: number, wallDriftPpm = 0): void {
    this.#monotonicMs += ms
    this.#uptimeMs += ms
    this.#wallMs += ms * (1 + wallDriftPpm / 1e6)
  }

  /** Somebody sets the wall clock. */
  step(ms: number): void {
    this.#wallMs += ms
  }

  /** The machine sleeps: the monotonic clock stands still. */
  suspend(ms: number): void {
    this.#uptimeMs += ms
    this.#wallMs += ms
  }

  reboot(offForMs: number): void {
    this.#wallMs += offForMs
    this.#monotonicMs = 0
    this.#uptimeMs = 0
    this.#boots += 1
  }
}
