import type { WallReading } from '../wall.ts'
import type { ChronySource, ChronyTracking } from './report.ts'

/** What chronyd said, all of it between two updates, and this process's clocks before and after it said its tracking. */
export interface Observation {
  readonly tracking: ChronyTracking
  readonly sources: readonly ChronySource[]
  /** Before anything was asked. */
  readonly asked: WallReading
  readonly before: WallReading
  readonly after: WallReading
}

/** The source that chronyd follows. */
export function selectedOf(sources: readonly ChronySource[]): ChronySource | undefined {
  return sources.find(({ state }) => state === 'selected')
}

/** The bound that chronyd itself gives its estimate. */
export function distanceMs({ rootDelayMs, rootDispersionMs }: ChronyTracking): number {
  return rootDelayMs / 2 + rootDispersionMs
}
