import type { Axis } from './axis.ts'

/** Where an interval lies on its lane, in percent of the width. */
export interface Lane {
  readonly from: number
  readonly to: number
  readonly at: number
}

/** Also where an interval is too short to be seen, its bar has some width. */
const minWidth = 0.5

export function laneOf(axis: Axis, offsetMs: number, errorMs: number | null): Lane {
  const at = percent(axis.place(offsetMs))
  // Nothing is known of the bound: the bar says so by its length.
  const error = errorMs ?? Number.POSITIVE_INFINITY
  const from = percent(axis.place(offsetMs - error))
  const to = percent(axis.place(offsetMs + error))
  const missing = Math.max(0, minWidth - (to - from)) / 2
  return { from: Math.max(0, from - missing), to: Math.min(100, to + missing), at }
}

export function percent(place: number): number {
  return (place + 1) * 50
}
