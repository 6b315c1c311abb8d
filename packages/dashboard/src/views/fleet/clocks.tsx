import { useSignal } from '@preact/signals'
import { useMemo, useRef } from 'preact/hooks'
import type { FleetNode, FleetStatus } from 'skewproof/fleet'
import { axisOf } from '../../picture/axis.ts'
import { reachMs } from '../../state/live.ts'
import { conditionOf, usualToleranceMs, worstFirst } from '../../wire/condition.ts'
import { AxisLabels, AxisLines } from './axis.tsx'
import { ClockRow } from './clock-row.tsx'
import { Overview } from './overview.tsx'
import { useRowsInSight } from './rows-in-sight.ts'

/** With more servers there is a filter, a picture of all at once, and only the worst are listed at first. */
const manyNodes = 16

/** Every server's wall clock as an interval on one axis, the worst first. */
export function Clocks({ fleet }: { fleet: FleetStatus }) {
  const wanted = useSignal('')
  const isWrongOnly = useSignal(false)
  const isWhole = useSignal(false)
  const rows = useRef<HTMLTableSectionElement>(null)
  const sorted = useMemo(() => worstFirst(fleet.nodes), [fleet.nodes])
  const isMany = sorted.length > manyNodes
  const found = sorted.filter(node => isFound(node, wanted.value, isWrongOnly.value))
  const shown = isWhole.value ? found : found.slice(0, manyNodes)
  const { first, end, rowHeight } = useRowsInSight(rows, shown.length)
  const axis = axisOf(reachMs.value)

  return (
    <section aria-labelledby="clocks">
      <div class="section-head">
        <h2 id="clocks">Wall clocks against true time</h2>
        {isMany && (
          <div class="filter">
            <label class="inline">
              <input
                type="checkbox"
                checked={isWrongOnly.value}
                onChange={event => {
                  isWrongOnly.value = event.currentTarget.checked
                }}
              />
              Only those not right
            </label>
            <input
              type="search"
              placeholder="Find a server"
              aria-label="Find a server"
              value={wanted.value}
              onInput={event => {
                wanted.value = event.currentTarget.value
              }}
            />
          </div>
        )}
      </div>
      <div class="clocks">
        <AxisLines axis={axis} kind={fleet.view.kind} />
        <table aria-rowcount={found.length + 1} aria-labelledby="clocks">
          <thead>
            <tr class="clock-head">
              <th scope="col">Server</th>
              <th scope="col" class="lane-head">
                <span class="sr">Interval</span>
                {isMany && <Overview nodes={fleet.nodes} axis={axis} />}
                <AxisLabels axis={axis} kind={fleet.view.kind} />
              </th>
              <th scope="col" class="number">
                Off by
              </th>
              <th scope="col" class="number bound">
                Within
              </th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody ref={rows} class="clock-rows" style={{ height: `${shown.length * rowHeight}px` }}>
            {shown.slice(first, end).map((node, index) => (
              <ClockRow
                key={node.node}
                node={node}
                axis={axis}
                row={first + index}
                isSelf={node.node === fleet.self}
              />
            ))}
          </tbody>
        </table>
      </div>
      {reachMs.value > usualToleranceMs && (
        <p class="legend" aria-hidden="true">
          <span class="beyond-sample" /> beyond the 30 s that verifiers usually forgive: there tokens are
          refused, or live too long
        </p>
      )}
      {found.length > manyNodes && (
        <button
          type="button"
          class="small more"
          aria-expanded={isWhole.value}
          onClick={() => {
            isWhole.value = !isWhole.value
          }}
        >
          {isWhole.value ? `Show ${manyNodes} of them` : `Show all ${found.length}`}
        </button>
      )}
      {found.length === 0 && <p class="empty">No server is like that.</p>}
    </section>
  )
}

function isFound(node: FleetNode, wanted: string, isWrongOnly: boolean): boolean {
  if (isWrongOnly && conditionOf(node) === 'right') return false
  return node.node.toLowerCase().includes(wanted.trim().toLowerCase())
}
