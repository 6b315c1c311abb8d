import { connection, isStale, serverNowMs, silentForMs } from '../state/live.ts'
import { formatAge, formatTime } from '../text/measure.ts'

/** The fleet's time, and whether what is shown is live. */
export function LiveState() {
  const nowMs = serverNowMs.value
  if (connection.value === 'refused') return null
  if (nowMs === undefined)
    return <span class="live quiet">{connection.value === 'lost' ? 'no connection' : 'connecting…'}</span>
  if (isStale.value) {
    return (
      <span class="live stale">
        <span class="dot" aria-hidden="true" />
        no news for {formatAge(silentForMs.value)}
      </span>
    )
  }
  return (
    <span class="live">
      <span class="dot" aria-hidden="true" />
      <span class="sr">live, the time is </span>
      <time>{formatTime(nowMs)}</time> UTC
    </span>
  )
}
