import type { FleetNode } from 'skewproof/fleet'
import { hashFor, type ViewProps } from '../../navigation.ts'
import { ConditionSign } from '../../parts/condition-sign.tsx'
import { fleet, isStale } from '../../state/live.ts'
import {
  describeOffset,
  formatAge,
  formatBound,
  formatOffset,
  formatRate,
  formatSpan,
} from '../../text/measure.ts'
import { visible } from '../../text/visible.ts'
import { conditionOf, conditionWords } from '../../wire/condition.ts'
import { Course } from './course.tsx'

/** One server: its clock, its history, its sources, and whether it takes traffic. */
export function View({ rest }: ViewProps) {
  const node = fleet.value?.nodes.find(one => one.node === rest)
  return (
    <div class={`node ${isStale.value ? 'stale' : ''}`}>
      <p>
        <a href={hashFor('')}>← All clocks</a>
      </p>
      <h1>{visible(rest)}</h1>
      {node === undefined ? (
        <p class="empty">
          {fleet.value === undefined
            ? 'Waiting for the fleet’s report…'
            : 'No server of this name reports now.'}
        </p>
      ) : (
        <Details node={node} />
      )}
    </div>
  )
}

function Details({ node }: { node: FleetNode }) {
  const condition = conditionOf(node)
  return (
    <>
      <p class={`verdict-line ${condition}`}>
        <ConditionSign condition={condition} />
        <span>
          Its wall clock is <b>{describeOffset(node.offsetMs)}</b>
          {node.offsetMs !== null && <span class="quiet"> {formatBound(node.errorMs)}</span>} ·{' '}
          {conditionWords[condition]}
        </span>
      </p>
      <Readiness node={node} />
      <section aria-labelledby="course">
        <h2 id="course">
          Its clock against true time <span class="quiet">since this page was opened</span>
        </h2>
        <Course node={node} />
      </section>
      <div class="below two">
        <Facts node={node} />
        <Sources node={node} />
      </div>
    </>
  )
}

function Readiness({ node: { ready, reasons, sinceMs, role } }: { node: FleetNode }) {
  if (role === 'agent') return null
  const since = sinceMs === null ? '' : ` for ${formatAge(sinceMs)}`
  if (ready) return <p>It takes traffic{since}.</p>
  return (
    <div class="notice bad">
      <strong>It takes no traffic{since}.</strong>
      <ul>
        {reasons.map(({ code, text }) => (
          <li key={code}>
            {visible(text)} <code>{visible(code)}</code>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Facts({ node }: { node: FleetNode }) {
  const { clock, role, version, startedAgoMs, reportedAgoMs, ownOffsetMs, ownErrorMs, verdictsPerSecond } =
    node
  const seconds = (ms: number | null) => (ms === null ? 'unknown' : formatAge(ms))
  const rows: readonly (readonly [string, string])[] = [
    [
      'Skewproof’s clock there',
      `${clock.status}${clock.errorMs === null ? '' : `, ${formatBound(clock.errorMs)}`}`,
    ],
    [
      'what its own sources say',
      ownOffsetMs === null ? 'nothing' : `${formatOffset(ownOffsetMs)} ${formatBound(ownErrorMs)}`,
    ],
    ['role', role],
    ['version', version],
    ['runs for', seconds(startedAgoMs)],
    ['reported', reportedAgoMs === null ? 'unknown' : `${formatSpan(reportedAgoMs)} ago`],
    ...Object.entries(verdictsPerSecond).map(
      ([name, rate]) => [name, `${formatRate(rate)} per second`] as const,
    ),
  ]
  return (
    <section aria-labelledby="facts">
      <h2 id="facts">What it reports</h2>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{visible(name)}</dt>
            <dd>{visible(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function Sources({ node: { sources } }: { node: FleetNode }) {
  return (
    <section aria-labelledby="sources">
      <h2 id="sources">Its time sources</h2>
      {sources.length === 0 ? (
        <p class="empty">It has none.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col">Status</th>
              <th scope="col" class="number">
                Offset
              </th>
              <th scope="col" class="number">
                Bound
              </th>
            </tr>
          </thead>
          <tbody>
            {sources.map(({ name, status, offsetMs, errorMs }) => (
              <tr key={name} class={status === 'falseticker' ? 'refusing' : ''}>
                <th scope="row">{visible(name, 200)}</th>
                <td>{visible(status)}</td>
                <td class="number">{offsetMs === null ? '' : formatOffset(offsetMs)}</td>
                <td class="number">{offsetMs === null ? '' : formatBound(errorMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
