import { useState } from 'preact/hooks'
import { hashFor } from '../navigation.ts'
import { connect } from '../state/live.ts'
import { logOut, user } from '../state/session.ts'

/** Who is logged in, and the way out or in. */
export function Account() {
  const [problem, setProblem] = useState<string | undefined>(undefined)
  if (user.value === undefined) return null
  if (user.value === null) {
    return (
      <a class="button small" href={hashFor('tokens')}>
        Log in
      </a>
    )
  }
  const leave = async () => {
    try {
      await logOut()
      setProblem(undefined)
      connect()
    } catch {
      setProblem('The service could not be told: the session goes on')
    }
  }
  return (
    <button type="button" class="small" title={problem ?? `Logged in as ${user.value}`} onClick={leave}>
      {problem === undefined ? 'Log out' : 'Log out again'}
    </button>
  )
}
