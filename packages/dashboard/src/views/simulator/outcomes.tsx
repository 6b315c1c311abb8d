import type { PolicyName } from 'skewproof/simulator'
import { formatRate } from '../../text/measure.ts'
import { lines } from './curves.ts'
import type { Effect } from './effects.ts'
import { plotted, shown } from './player.ts'
import { formatLate, formatShare, whatUsersNotice } from './words.ts'

/** What each policy does, in figures and in words. */
export function Outcomes() {
  const now = shown.value
  if (now === undefined) return null
  return (
    <section aria-labelledby="outcomes">
      <h2 id="outcomes">
        The same requests, judged by each policy <span class="quiet">last {now.windowSeconds} s</span>
      </h2>
      <table class="outcomes">
        <thead>
          <tr>
            <th scope="col">Policy, ticked where it is plotted</th>
            <th scope="col">Good requests refused (401)</th>
            <th scope="col" class="number">
              Expired accepted
            </th>
            <th scope="col" class="number">
              Revoked accepted
            </th>
            <th scope="col">What users notice</th>
          </tr>
        </thead>
        <tbody>
          {now.effects.map(effect => (
            <Outcome key={effect.name} effect={effect} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Outcome({ effect }: { effect: Effect }) {
  const { name, title, refusedShare, refusedPerSecond, lateShare, maxLateMs, revokedShare } = effect
  return (
    <tr class={name === 'auto' ? 'ours' : ''}>
      <th scope="row">
        <label class="inline">
          <input
            type="checkbox"
            title="In the plots"
            checked={plotted.value.includes(name)}
            onChange={event => plot(name, event.currentTarget.checked)}
          />
          <LineSample name={name} />
          <span>{title}</span>
        </label>
      </th>
      <td class={refusedShare > 0 ? 'harm' : ''} data-label="refused">
        <span class="refused">
          <span class="refused-bar" aria-hidden="true">
            <span style={{ width: `${100 * refusedShare}%` }} />
          </span>
          {formatShare(refusedShare)}
          {refusedShare > 0 && <span class="quiet">{formatRate(refusedPerSecond)}/s</span>}
        </span>
      </td>
      <td class="number" data-label="expired accepted">
        {formatShare(lateShare)}
        {lateShare > 0 && <span class="quiet"> for up to {formatLate(maxLateMs)}</span>}
      </td>
      <td class="number" data-label="revoked accepted">
        {formatShare(revokedShare)}
      </td>
      <td class="notice-words">{whatUsersNotice(effect)}</td>
    </tr>
  )
}

function plot(name: PolicyName, isWanted: boolean): void {
  const all = Object.keys(lines) as PolicyName[]
  const wanted = new Set(plotted.peek())
  if (isWanted) wanted.add(name)
  else wanted.delete(name)
  plotted.value = all.filter(one => wanted.has(one))
}

function LineSample({ name }: { name: PolicyName }) {
  const { colour, dash, width } = lines[name]
  return (
    <svg class="sample" viewBox="0 0 32 8" width="32" height="8" aria-hidden="true">
      <path
        d="M0 4h32"
        style={{ stroke: `var(--${colour})`, strokeDasharray: dash.join(' '), strokeWidth: width }}
      />
    </svg>
  )
}
