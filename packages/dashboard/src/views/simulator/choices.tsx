import { formatSpan } from '../../text/measure.ts'
import { settings } from './player.ts'
import { lifetimesSeconds } from './settings.ts'

/** What tokens there are. */
export function Choices() {
  const { lifetimeSeconds, issuerOffsetMs } = settings.value
  return (
    <>
      <label class="inline">
        Tokens of
        <select
          onChange={event => {
            settings.value = { ...settings.peek(), lifetimeSeconds: Number(event.currentTarget.value) }
          }}
        >
          {lifetimesSeconds.map(seconds => (
            <option key={seconds} value={seconds} selected={seconds === lifetimeSeconds}>
              {formatSpan(seconds * 1000)}
            </option>
          ))}
        </select>
      </label>
      <label class="inline">
        issued by
        <select
          onChange={event => {
            const hasIssuer = event.currentTarget.value === 'issuer'
            settings.value = { ...settings.peek(), issuerOffsetMs: hasIssuer ? 0 : undefined }
          }}
        >
          <option value="servers" selected={issuerOffsetMs === undefined}>
            these servers, in turn
          </option>
          <option value="issuer" selected={issuerOffsetMs !== undefined}>
            somebody else’s issuer
          </option>
        </select>
      </label>
    </>
  )
}
