import { useMemo } from 'preact/hooks'
import type { FleetNode } from 'skewproof/fleet'
import uPlot from 'uplot'
import { type Colour, Plot } from '../../parts/plot.tsx'
import { bare } from '../../parts/plot-style.ts'
import type { Axis } from '../../picture/axis.ts'
import { type Spread, spreadOf } from '../../picture/spread.ts'
import { conditionOf } from '../../wire/condition.ts'

/** How many clocks stand where, on the axis of the lanes below: one that is off shows among a thousand that are right. */
export function Overview({ nodes, axis }: { nodes: readonly FleetNode[]; axis: Axis }) {
  const spread = useMemo(
    () =>
      spreadOf(
        nodes.map(node => ({ offsetMs: node.offsetMs, condition: conditionOf(node) })),
        axis,
      ),
    [nodes, axis.reachMs],
  )
  return (
    <span class="overview">
      <Plot label={describe(spread)} height={72} data={columns(spread)} options={options} />
    </span>
  )
}

/** Stacked: each series is drawn in front of one that contains it. */
function columns({ places, right, doubtful, outvoted }: Spread): uPlot.AlignedData {
  const sum = (...parts: readonly (readonly number[])[]) =>
    places.map((_, index) => parts.reduce((total, part) => total + (part[index] ?? 0), 0) || null)
  return [[...places], sum(right, doubtful, outvoted), sum(doubtful, outvoted), sum(outvoted)]
}

function options(colour: Colour): Omit<uPlot.Options, 'width' | 'height'> {
  const bars = uPlot.paths.bars?.({ size: [0.7, 6, 2], align: 0 })
  const series = (name: string): uPlot.Series => ({
    fill: colour(name),
    width: 0,
    points: { show: false },
    ...(bars !== undefined && { paths: bars }),
  })
  return {
    ...bare,
    padding: [4, 0, 0, 0],
    scales: {
      x: { time: false, range: () => [-1, 1] },
      // One is to be seen beside a thousand.
      y: { distr: 4, asinh: 0.5, range: (_plot, _min, max) => [0, Math.max(max, 1)] },
    },
    axes: [{ show: false }, { show: false }],
    series: [{}, series('right'), series('off'), series('outvoted')],
  }
}

function describe({ right, doubtful, outvoted }: Spread): string {
  const count = (part: readonly number[]) => part.reduce((total, one) => total + one, 0)
  return `How the clocks are spread: ${count(right)} right, ${count(doubtful)} off or without a source, ${count(outvoted)} outvoted`
}
