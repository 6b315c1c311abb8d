const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const yearMs = 365.25 * dayMs

/**
 * Within it the axis is about linear, beyond it logarithmic: a clock off by 0.1 ms and one off by three minutes are both to be
 * seen. Less than this does no harm to anything here.
 */
export const linearMs = 10

/** How far the axis can reach. Few, so that the picture keeps its scale while clocks wander. */
const reachesMs = [secondMs, minuteMs, 10 * minuteMs, 3 * hourMs, 3 * dayMs, yearMs, 100 * yearMs]

const ticksMs: readonly (readonly [ms: number, label: string])[] = [
  [10, '10 ms'],
  [100, '100 ms'],
  [secondMs, '1 s'],
  [10 * secondMs, '10 s'],
  [minuteMs, '1 min'],
  [10 * minuteMs, '10 min'],
  [hourMs, '1 h'],
  [dayMs, '1 day'],
  [30 * dayMs, '30 days'],
  [yearMs, '1 year'],
  [100 * yearMs, '100 years'],
]

/** The common axis of all clocks: true time in the middle, behind to the left, ahead to the right. */
export interface Axis {
  readonly reachMs: number
  /** From -1 to 1; what lies beyond is at the edge. */
  place(offsetMs: number): number
}

export interface Tick {
  readonly offsetMs: number
  readonly label: string
}

export function axisOf(reachMs: number): Axis {
  const edge = Math.asinh(reachMs / linearMs)
  return {
    reachMs,
    place: offsetMs => Math.max(-1, Math.min(1, Math.asinh(offsetMs / linearMs) / edge)),
  }
}

/** The shortest reach that shows everything; `previousMs` is kept while things would fit well into it. */
export function reachFor(extentMs: number, previousMs: number = 0): number {
  const needed = firstReach(extentMs * 1.1)
  // It shrinks only when there is room to spare, lest it goes to and fro.
  return needed < previousMs && firstReach(extentMs * 1.5) >= previousMs ? previousMs : needed
}

function firstReach(extentMs: number): number {
  return reachesMs.find(reachMs => reachMs >= extentMs) ?? extentMs
}

/** The ticks on both sides and in the middle; every `step`-th where room is scarce. */
export function ticksOf({ reachMs }: Axis, step = 1): readonly Tick[] {
  const side = ticksMs.filter(([ms], index) => ms <= reachMs && index % step === 0)
  return [
    ...side.map(([ms, label]) => ({ offsetMs: -ms, label: `−${label}` })).reverse(),
    { offsetMs: 0, label: '0' },
    ...side.map(([ms, label]) => ({ offsetMs: ms, label: `+${label}` })),
  ]
}

/** How far the furthest end of the intervals lies from true time. */
export function extentOf(
  intervals: Iterable<{ readonly offsetMs: number | null; readonly errorMs: number | null }>,
): number {
  let extentMs = 0
  for (const { offsetMs, errorMs } of intervals) {
    if (offsetMs !== null)
      extentMs = Math.max(extentMs, Math.abs(offsetMs) + Math.min(errorMs ?? 0, maxErrorMs))
  }
  return extentMs
}

/** A bound that says nothing must not push all that is known into the middle. */
const maxErrorMs = 10 * minuteMs

/** Ticks for an axis that need not be symmetric: powers of ten where it is logarithmic, even steps where it is linear. */
export function ticksBetween(minMs: number, maxMs: number): number[] {
  const widest = Math.max(Math.abs(minMs), Math.abs(maxMs))
  const sizes =
    widest > 3 * linearMs
      ? ticksMs.map(([ms]) => ms)
      : [widest > linearMs ? 5 : widest > 4 ? 2 : 0.5].flatMap(step => [1, 2, 3, 4, 5, 6].map(n => n * step))
  return [...sizes.map(ms => -ms).reverse(), 0, ...sizes].filter(ms => ms >= minMs && ms <= maxMs)
}
