import type uPlot from 'uplot'
import { type Colour, Plot } from '../../parts/plot.tsx'
import { bare, lastSeconds, quietAxis, timeAxis } from '../../parts/plot-style.ts'
import { fleet, verdictHistory, verdicts } from '../../state/live.ts'
import { formatRate } from '../../text/measure.ts'
import { visible } from '../../text/visible.ts'

/** How many tokens are accepted and refused, for what, by all servers together. */
export function Verdicts() {
  const rates = verdicts.value
  fleet.value
  const [seconds, accepted, refused] = verdictHistory.columns()
  const total = rates.reduce((sum, { perSecond }) => sum + perSecond, 0)
  const most = Math.max(...rates.map(({ perSecond }) => perSecond), 1e-9)
  return (
    <section aria-labelledby="verdicts">
      <h2 id="verdicts">
        Verdicts <span class="quiet">per second</span>
      </h2>
      {total === 0 ? (
        <p class="empty">No token is being verified.</p>
      ) : (
        <>
          <table class="rates">
            <tbody>
              {rates.map(({ name, isAccepting, perSecond }) => (
                <tr key={name} class={isAccepting ? 'accepting' : 'refusing'}>
                  <th scope="row">
                    {visible(
                      name
                        .replace(/^ERR_TOKEN_/, '')
                        .toLowerCase()
                        .replaceAll('_', ' '),
                    )}
                  </th>
                  <td class="share" aria-hidden="true">
                    <span style={{ width: `${Math.max(0.5, (100 * perSecond) / most)}%` }} />
                  </td>
                  <td class="number">{formatRate(perSecond)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {seconds.length > 2 && (
            <Plot
              label="Accepted and refused tokens per second, in the last five minutes"
              height={120}
              data={[seconds, accepted, refused]}
              options={options}
            />
          )}
        </>
      )}
    </section>
  )
}

const shownSeconds = 300

function options(colour: Colour): Omit<uPlot.Options, 'width' | 'height'> {
  return {
    ...bare,
    padding: [8, 8, 0, 0],
    scales: {
      x: { range: lastSeconds(shownSeconds) },
      y: { distr: 4, asinh: 1, range: (_plot, _min, max) => [0, Math.max(max, 1)] },
    },
    axes: [
      timeAxis(colour),
      quietAxis(colour, {
        size: 44,
        splits: plot => decades(plot.scales['y']?.max ?? 1),
        values: (_plot, splits) => splits.map(String),
      }),
    ],
    series: [
      {},
      { stroke: colour('right'), width: 1.5, points: { show: false } },
      { stroke: colour('outvoted'), width: 1.5, dash: [5, 3], points: { show: false } },
    ],
  }
}

function decades(max: number): number[] {
  return [0, 1, 10, 100, 1000, 10_000, 100_000].filter(one => one <= Math.max(1, max))
}
