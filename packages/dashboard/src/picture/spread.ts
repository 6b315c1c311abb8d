import type { Condition } from '../wire/condition.ts'
import type { Axis } from './axis.ts'

/** How many clocks stand in each stretch of the axis. */
export interface Spread {
  /** The middles of the stretches, from -1 to 1. */
  readonly places: readonly number[]
  readonly right: readonly number[]
  /** Off, or without a time source. */
  readonly doubtful: readonly number[]
  readonly outvoted: readonly number[]
}

export function spreadOf(
  clocks: readonly { readonly offsetMs: number | null; readonly condition: Condition }[],
  axis: Axis,
  stretches = 121,
): Spread {
  const counts = { right: zeros(stretches), doubtful: zeros(stretches), outvoted: zeros(stretches) }
  for (const { offsetMs, condition } of clocks) {
    if (offsetMs === null || condition === 'silent') continue
    const stretch = Math.min(stretches - 1, Math.floor(((axis.place(offsetMs) + 1) / 2) * stretches))
    const group = condition === 'right' || condition === 'outvoted' ? condition : 'doubtful'
    counts[group][stretch] = (counts[group][stretch] ?? 0) + 1
  }
  return { places: zeros(stretches).map((_, index) => ((index + 0.5) / stretches) * 2 - 1), ...counts }
}

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0)
}
