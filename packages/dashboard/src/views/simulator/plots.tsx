import type { PolicyName } from 'skewproof/simulator'
import type uPlot from 'uplot'
import { type Colour, Plot } from '../../parts/plot.tsx'
import { bare, quietAxis } from '../../parts/plot-style.ts'
import { lines } from './curves.ts'
import { plotted, shown } from './player.ts'

/** How it went: what is refused that is good, and accepted that has expired. */
export function Plots() {
  const now = shown.value
  const names = plotted.value
  if (now === undefined || names.length === 0) return null
  const { refused, late } = now.curves
  return (
    <div class="below">
      <Share
        id="refused-plot"
        title="Good tokens refused"
        label="The share of requests with good tokens that each policy refused, over the last ten minutes"
        data={refused}
        names={names}
      />
      <Share
        id="late-plot"
        title="Expired tokens accepted"
        label="The share of requests with expired tokens that each policy accepted, over the last ten minutes"
        data={late}
        names={names}
      />
    </div>
  )
}

interface ShareProps {
  readonly id: string
  readonly title: string
  readonly label: string
  readonly data: uPlot.AlignedData
  readonly names: readonly PolicyName[]
}

function Share({ id, title, label, data, names }: ShareProps) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>
        {title} <span class="quiet">of the requests with them</span>
      </h2>
      <Plot
        // A plot keeps its lines: others need another plot.
        key={names.join()}
        label={label}
        height={190}
        data={data}
        options={colour => options(colour, names)}
      />
    </section>
  )
}

/** The plot is never narrower than this. */
const shortestSeconds = 120

/** With less in it, the noise of few requests would look like much. */
const smallestTop = 0.05

function options(colour: Colour, names: readonly PolicyName[]): Omit<uPlot.Options, 'width' | 'height'> {
  return {
    ...bare,
    padding: [10, 14, 0, 0],
    scales: {
      x: { time: false, range: (_plot, min) => [Math.min(min, -shortestSeconds), 0] },
      y: { range: (_plot, _min, max) => [0, Math.max(smallestTop, max * 1.15)] },
    },
    axes: [
      quietAxis(colour, {
        size: 26,
        incrs: [60, 120],
        space: 50,
        values: (_plot, splits) => splits.map(second => (second === 0 ? 'now' : `−${-second / 60} min`)),
      }),
      quietAxis(colour, {
        size: 48,
        space: 30,
        values: (_plot, splits) => splits.map(share => `${Math.round(share * 1000) / 10} %`),
      }),
    ],
    series: [
      {},
      ...names.map(name => {
        const { colour: stroke, dash, width } = lines[name]
        return { stroke: colour(stroke), dash: [...dash], width, points: { show: false } }
      }),
    ],
  }
}
