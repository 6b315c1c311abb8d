import { useRef, useState } from 'preact/hooks'
import { connect, connection } from '../state/live.ts'
import { logIn } from '../state/session.ts'
import { describeError } from './problem.tsx'

/** Asks for an administrator's client and its secret. */
export function Login({ why }: { why: string }) {
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const [isBusy, setBusy] = useState(false)
  const secret = useRef<HTMLInputElement>(null)

  const submit = async (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    setBusy(true)
    try {
      await logIn(String(fields.get('client_id')).trim(), String(fields.get('client_secret')).trim())
      if (connection.value === 'refused') connect()
    } catch (error) {
      setProblem(describeError(error))
      secret.current?.select()
    } finally {
      setBusy(false)
    }
  }

  return (
    <section class="login">
      <h1>Log in</h1>
      <p class="quiet">
        {why} The first start of the service wrote an administrator’s client to <code>credentials.json</code>{' '}
        in its data directory, <code>.skewproof</code> unless told otherwise.
      </p>
      {isExposed() && (
        <p class="notice warning">
          This page came over plain HTTP: whoever is in between can read what you enter. Put TLS in front of
          the service.
        </p>
      )}
      <form onSubmit={submit}>
        <label>
          Client
          <input
            name="client_id"
            autocomplete="username"
            required
            spellcheck={false}
            autocapitalize="off"
            maxLength={256}
          />
        </label>
        <label>
          Secret
          <input
            ref={secret}
            name="client_secret"
            type="password"
            autocomplete="current-password"
            required
            maxLength={256}
          />
        </label>
        {problem !== undefined && (
          <p class="notice bad" role="alert">
            {problem}
          </p>
        )}
        <button class="primary" type="submit" disabled={isBusy}>
          {isBusy ? 'Logging in…' : 'Log in'}
        </button>
      </form>
    </section>
  )
}

/** Browsers call loopback a secure context, too. */
function isExposed(): boolean {
  return !isSecureContext
}
