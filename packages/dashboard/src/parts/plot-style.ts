import type uPlot from 'uplot'
import { formatTime } from '../text/measure.ts'
import type { Colour } from './plot.tsx'

/** What all plots leave out: the page shows the figures itself. */
export const bare = { cursor: { show: false }, legend: { show: false } } as const

/** An axis that stays in the background. */
export function quietAxis(colour: Colour, axis: uPlot.Axis): uPlot.Axis {
  return {
    stroke: colour('quiet'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
    // The ticks are ours: none is dropped.
    filter: (_plot, splits) => splits,
    ...axis,
  }
}

/** The time of the fleet, UTC, in seconds since the epoch. */
export function timeAxis(colour: Colour): uPlot.Axis {
  return quietAxis(colour, {
    space: 90,
    size: 26,
    values: (_plot, splits) => splits.map(second => formatTime(second * 1000)),
  })
}

/** The stretch that is known and ends now: a minute at least, at most so much. */
export function lastSeconds(most: number): uPlot.Range.Function {
  return (_plot, min, max) => [max - Math.min(most, Math.max(60, max - min)), max]
}
