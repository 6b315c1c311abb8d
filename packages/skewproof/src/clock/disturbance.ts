import type { HostClock } from './host.ts'

/** The host's three clocks, read together. */
export interface HostReading {
  readonly wallMs: number
  readonly monotonicMs: number
  readonly uptimeMs: number
}

/** What happened to the clocks between two readings, beyond the passing of time. */
export interface Disturbance {
  /** How far somebody moved the wall clock; positive: forwards. 0 when nobody did. */
  readonly stepMs: number
  /** How long the machine slept, which the monotonic clock does not count. 0 when it did not. */
  readonly suspendedMs: number
}

/** The uptime's resolution is 10 ms, and the three clocks are not read at one instant. */
const noiseMs = 100
/** chronyd slews by up to 83,333 ppm (`maxslewrate`): that is steering, not a step. */
const maxSlew = 0.09

/** A reading that took longer is not of one instant, ms. */
const maxReadingMs = 20
const readingAttempts = 3

/**
 * Reads the three clocks as one. When the process was held up in between, which would look like a step or a suspend, they
 * are read again.
 */
export function readHost(host: HostClock): HostReading {
  for (let attempt = 1; ; attempt += 1) {
    const monotonicMs = host.monotonicMs()
    const reading = { monotonicMs, wallMs: host.wallMs(), uptimeMs: host.uptimeMs() }
    if (host.monotonicMs() - monotonicMs <= maxReadingMs || attempt === readingAttempts) return reading
  }
}

/** `undefined` when the wall clock only ran, or was slewed. */
export function findDisturbance(before: HostReading, after: HostReading): Disturbance | undefined {
  const uptimeMs = after.uptimeMs - before.uptimeMs
  const suspendedMs = uptimeMs - (after.monotonicMs - before.monotonicMs)
  const stepMs = after.wallMs - before.wallMs - uptimeMs
  const isSuspend = suspendedMs > noiseMs
  const isStep = Math.abs(stepMs) > noiseMs + maxSlew * Math.max(0, uptimeMs)
  if (!isSuspend && !isStep) return undefined
  return { stepMs: isStep ? stepMs : 0, suspendedMs: isSuspend ? suspendedMs : 0 }
}

/**
 * Whether the wall clock and the monotonic clock have parted since `before`: a cheap sign, from two clocks, that
 * `findDisturbance` should look at all three.
 */
export function haveParted(before: HostReading, wallMs: number, monotonicMs: number): boolean {
  const elapsedMs = monotonicMs - before.monotonicMs
  return Math.abs(wallMs - before.wallMs - elapsedMs) > noiseMs + maxSlew * elapsedMs
}
