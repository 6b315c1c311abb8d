import process from 'node:process'
import type { Span } from 'skewproof/simulator'

/** The machine's monotonic clock, ms: one for all its processes, and right in all of them. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** When a story begins. */
export interface Beginning {
  readonly machineMs: number
  /** True time then, ms since the Unix epoch. */
  readonly trueMs: number
}

export function beginNow(): Beginning {
  return { machineMs: machineMs(), trueMs: performance.timeOrigin + performance.now() }
}

/** What is known of an instant, counted from the beginning. */
export function sinceBeginning({ fromMs, toMs }: Span, { machineMs }: Beginning): Span {
  return { fromMs: fromMs - machineMs, toMs: toMs - machineMs }
}
