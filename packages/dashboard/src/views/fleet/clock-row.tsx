import type { FleetNode } from 'skewproof/fleet'
import { hashFor } from '../../navigation.ts'
import { ConditionSign } from '../../parts/condition-sign.tsx'
import type { Axis } from '../../picture/axis.ts'
import { laneOf } from '../../picture/lane.ts'
import { describeOffset, formatBound, formatOffset } from '../../text/measure.ts'
import { visible } from '../../text/visible.ts'
import { type Condition, conditionOf, conditionWords } from '../../wire/condition.ts'

interface ClockRowProps {
  readonly node: FleetNode
  readonly axis: Axis
  readonly row: number
  readonly isSelf: boolean
}

/** One server: its name, its interval, the same in figures, and whether it takes traffic. */
export function ClockRow({ node, axis, row, isSelf }: ClockRowProps) {
  const condition = conditionOf(node)
  const [name, suffix] = nameOf(node)
  return (
    <tr
      class={`clock-row ${condition}`}
      aria-rowindex={row + 2}
      style={{ transform: `translateY(calc(${row} * var(--row)))` }}
    >
      <th scope="row" class="server">
        <ConditionSign condition={condition} />
        <a href={hashFor('nodes', node.node)}>
          {visible(name)}
          <span class="quiet">{visible(suffix)}</span>
        </a>
        {node.role === 'agent' && <span class="tag">agent</span>}
        {isSelf && (
          <span class="tag" title="This page comes from it">
            here
          </span>
        )}
      </th>
      <td class="lane-column">
        <Interval node={node} axis={axis} condition={condition} />
      </td>
      <td class="number offset">
        <span aria-hidden="true">{formatOffset(node.offsetMs)}</span>
        <span class="sr">{describeOffset(node.offsetMs)}</span>
      </td>
      <td class="number bound quiet">{node.offsetMs === null ? '' : formatBound(node.errorMs)}</td>
      <td class="state">
        <span class="condition">{conditionWords[condition]}</span>
        <Traffic node={node} />
      </td>
    </tr>
  )
}

function Traffic({ node: { ready, role, reasons, standing } }: { node: FleetNode }) {
  if (role === 'agent' || standing === 'silent') return null
  const why = reasons.map(({ text }) => visible(text)).join('; ')
  return ready ? null : (
    <span class="drained" title={why}>
      takes no traffic
    </span>
  )
}

function Interval({ node, axis, condition }: { node: FleetNode; axis: Axis; condition: Condition }) {
  if (node.offsetMs === null) return <span class="no-interval" aria-hidden="true" />
  const { from, to, at } = laneOf(axis, node.offsetMs, node.errorMs)
  return (
    <span class="interval" aria-hidden="true">
      {['outvoted', 'contradicted', 'off'].includes(condition) && (
        <span class="leader" style={{ left: `${Math.min(50, at)}%`, width: `${Math.abs(at - 50)}%` }} />
      )}
      <span class="bar" style={{ left: `${from}%`, width: `${to - from}%` }} />
      <span class="point" style={{ left: `${at}%` }}>
        <ConditionSign condition={condition} />
      </span>
    </span>
  )
}

/** A node's name is that of its host and what tells it from others there. */
function nameOf({ node, host }: FleetNode): readonly [name: string, rest: string] {
  return node.startsWith(host) ? [host, node.slice(host.length)] : [node, '']
}
