import { happenings, serverNowMs } from '../../state/live.ts'
import { formatAge, formatInstant, formatTime } from '../../text/measure.ts'
import { visible } from '../../text/visible.ts'
import type { Happening, HappeningKind } from '../../wire/fleet.ts'

const names: Readonly<Record<HappeningKind, string>> = {
  step: 'clock set',
  suspend: 'suspended',
  revocation: 'revoked',
  rotation: 'keys',
  readiness: 'readiness',
}

const shownAtFirst = 12

/** Clocks that were set, revocations, key rotations, servers that left the traffic and came back. */
export function Happenings() {
  const all = happenings.value
  return (
    <section aria-labelledby="happenings">
      <h2 id="happenings">Lately</h2>
      {all.length === 0 ? (
        <p class="empty">No clock was set, nothing was revoked.</p>
      ) : (
        <ol class="happenings">
          {all.slice(0, shownAtFirst).map(one => (
            <Line key={one.id} happening={one} />
          ))}
        </ol>
      )}
    </section>
  )
}

function Line({ happening: { atMs, kind, node, text } }: { happening: Happening }) {
  const nowMs = serverNowMs.value ?? atMs
  const ago = formatAge(nowMs - atMs)
  return (
    <li class={kind}>
      <time title={`${formatInstant(atMs)}, ${ago} ago`}>{formatTime(atMs)}</time>
      <span class="kind">{names[kind] ?? visible(kind)}</span>
      <span class="what">
        {visible(text)} {node !== null && <span class="quiet">{visible(node)}</span>}
      </span>
    </li>
  )
}
