import type { FleetView } from 'skewproof/fleet'
import { type Axis, ticksOf } from '../../picture/axis.ts'
import { percent } from '../../picture/lane.ts'
import { usualToleranceMs } from '../../wire/condition.ts'

const zero: Readonly<Record<FleetView['kind'], string>> = {
  utc: 'true time',
  agreement: 'the fleet’s time',
  undecidable: 'time unknown',
  pending: 'true time',
}

/** The lines behind all lanes: true time, the ticks, and how far verifiers usually forgive. */
export function AxisLines({ axis, kind }: { axis: Axis; kind: FleetView['kind'] }) {
  const tolerance = usualToleranceMs < axis.reachMs ? percent(axis.place(usualToleranceMs)) : undefined
  return (
    <div class="axis-lines" aria-hidden="true">
      <div class="lane-column">
        {tolerance !== undefined && (
          <>
            <div class="beyond ahead" style={{ left: `${tolerance}%` }} />
            <div class="beyond behind" style={{ right: `${tolerance}%` }} />
          </>
        )}
        {ticksOf(axis).map(({ offsetMs }) => (
          <div
            key={offsetMs}
            class={offsetMs === 0 ? `tick zero ${kind}` : 'tick'}
            style={{ left: `${percent(axis.place(offsetMs))}%` }}
          />
        ))}
      </div>
    </div>
  )
}

/** What the lines mean. */
export function AxisLabels({ axis, kind }: { axis: Axis; kind: FleetView['kind'] }) {
  return (
    <span class="axis-labels" aria-hidden="true">
      <span class="side behind">← behind</span>
      <span class="zero-label">{zero[kind]}</span>
      <span class="side ahead">ahead →</span>
      {ticksOf(axis)
        .filter(({ offsetMs }) => offsetMs !== 0)
        .map(({ offsetMs, label }, index, all) => (
          <span
            key={offsetMs}
            class={labelClass(index, all.length)}
            style={{ left: `${percent(axis.place(offsetMs))}%` }}
          >
            {label}
          </span>
        ))}
    </span>
  )
}

/** Every second label, counted from the middle outwards, is left out where there is little room; none leaves the page. */
function labelClass(index: number, count: number): string {
  const fromMiddle = index < count / 2 ? count / 2 - 1 - index : index - count / 2
  const edge = index === 0 ? ' first' : index === count - 1 ? ' last' : ''
  return `tick-label${fromMiddle % 2 === 0 ? ' spared' : ''}${edge}`
}
