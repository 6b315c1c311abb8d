// A React hook over the token client, and what a user sees of it.
import { useSyncExternalStore } from 'react'

/** `{ isSignedIn, isWaiting, clockSkew }`, always as it is now. */
export function useTokenClient(client) {
  return useSyncExternalStore(client.subscribe, () => client.state)
}

/** "Your device's clock is 7 minutes fast.", when that is sure and more than half a minute. */
export function ClockWarning({ client }) {
  const { clockSkew } = useTokenClient(client)
  if (clockSkew === undefined || Math.abs(clockSkew.skewMs) - clockSkew.errorMs < 30_000) return null
  const minutes = Math.max(1, Math.round(Math.abs(clockSkew.skewMs) / 60_000))
  const duration = new Intl.NumberFormat('en', { style: 'unit', unit: 'minute', unitDisplay: 'long' }).format(
    minutes,
  )
  return (
    <p role="alert">
      Your device’s clock is {duration} {clockSkew.skewMs > 0 ? 'fast' : 'slow'}.
    </p>
  )
}

export function Session({ client }) {
  const { isSignedIn, isWaiting } = useTokenClient(client)
  if (!isSignedIn) return <p>You are signed out.</p>
  return <p>{isWaiting ? 'Connecting…' : 'You are signed in.'}</p>
}
