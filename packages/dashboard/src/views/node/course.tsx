import type { FleetNode } from 'skewproof/fleet'
import type uPlot from 'uplot'
import { type Colour, Plot } from '../../parts/plot.tsx'
import { bare, lastSeconds, quietAxis, timeAxis } from '../../parts/plot-style.ts'
import { linearMs, ticksBetween } from '../../picture/axis.ts'
import { fleet, history } from '../../state/live.ts'
import { formatOffset } from '../../text/measure.ts'

/** How a clock went: its offset as a line, its bound as a band, and what its own sources say. */
export function Course({ node }: { node: FleetNode }) {
  fleet.value
  const { seconds, offsetMs, lowMs, highMs, ownMs } = history.of(node.node)
  return (
    <>
      <Plot
        label={`The offset of ${node.node} over the last minutes; now ${formatOffset(node.offsetMs)}`}
        height={260}
        data={[seconds, highMs, lowMs, offsetMs, ownMs]}
        options={options}
      />
      <p class="key" aria-hidden="true">
        <span class="line-sample wall" /> wall clock, with its bound <span class="line-sample own" /> its own
        sources
      </p>
    </>
  )
}

const shownSeconds = 1200

function options(colour: Colour): Omit<uPlot.Options, 'width' | 'height'> {
  const edge: uPlot.Series = { stroke: 'transparent', width: 0, points: { show: false } }
  return {
    ...bare,
    padding: [10, 10, 0, 0],
    scales: {
      x: { range: lastSeconds(shownSeconds) },
      y: { distr: 4, asinh: linearMs, range: (_plot, min, max) => widened(min, max) },
    },
    axes: [
      timeAxis(colour),
      quietAxis(colour, {
        size: 72,
        splits: plot => ticksBetween(plot.scales['y']?.min ?? 0, plot.scales['y']?.max ?? 0),
        values: (_plot, splits) => splits.map(ms => formatOffset(ms).replace(/\.0+ /, ' ')),
      }),
    ],
    series: [
      {},
      edge,
      edge,
      { stroke: colour('right'), width: 2, points: { show: false } },
      { stroke: colour('off'), width: 1.5, dash: [4, 4], points: { show: false } },
    ],
    bands: [{ series: [1, 2], fill: colour('band') }],
  }
}

/** True time is always in the picture. */
function widened(min: number | null, max: number | null): [number, number] {
  const low = Math.min(min ?? 0, -1)
  const high = Math.max(max ?? 0, 1)
  return [low * 1.1, high * 1.1]
}
