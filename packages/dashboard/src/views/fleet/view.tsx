import { connection, fleet, isStale, silentForMs } from '../../state/live.ts'
import { formatAge, formatTime } from '../../text/measure.ts'
import { Clocks } from './clocks.tsx'
import { Happenings } from './happenings.tsx'
import { FleetHeadline } from './headline.tsx'
import { Issuers } from './issuers.tsx'
import { Verdicts } from './verdicts.tsx'

/** What a person sees first: what is wrong, every clock on one axis, and what else happens. */
export function View() {
  const now = fleet.value
  if (now === undefined) return <Waiting />
  return (
    <div class={isStale.value ? 'stale' : ''}>
      {isStale.value && (
        <p class="notice warning">
          <strong>No news for {formatAge(silentForMs.value)}.</strong> This is what was known at{' '}
          {formatTime(now.serverTimeMs)} UTC. The page goes on trying.
        </p>
      )}
      <FleetHeadline fleet={now} />
      {now.nodes.length === 0 ? (
        <p class="empty">
          No server has reported yet. The first reports come within some seconds of a start.
        </p>
      ) : (
        <Clocks fleet={now} />
      )}
      <div class="below">
        <Verdicts />
        <Happenings />
        <Issuers issuers={now.issuers} />
      </div>
    </div>
  )
}

function Waiting() {
  return (
    <>
      <h1 class="sr">Clocks</h1>
      {connection.value === 'lost' ? (
        <div class="notice warning waiting" role="alert">
          <strong>The service cannot be reached.</strong> The page goes on trying.
        </div>
      ) : (
        <p class="quiet waiting">Waiting for the fleet’s report…</p>
      )}
    </>
  )
}
