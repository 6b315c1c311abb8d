import { useState } from 'preact/hooks'
import { Confirm } from '../../parts/confirm.tsx'
import { Problem } from '../../parts/problem.tsx'
import { useTask } from '../../parts/use-task.ts'
import { callAsAdmin } from '../../state/session.ts'
import { formatBound } from '../../text/measure.ts'
import { visible, visibleJson } from '../../text/visible.ts'
import { type Explanation, tokenIn } from './explanation.ts'

/** A token is pasted, and the service says of it what `skewproof explain` says. */
export function Lookup() {
  const task = useTask<Explanation>()
  const [token, setToken] = useState('')
  const look = (text: string) =>
    task.run(() => callAsAdmin<Explanation>('POST', 'v1/explanations', { token: tokenIn(text) }))
  return (
    <section aria-labelledby="lookup">
      <h1 id="lookup">Why is this token refused?</h1>
      <form
        onSubmit={event => {
          event.preventDefault()
          void look(token)
        }}
      >
        <div class="field">
          <label for="token">Token</label>
          <span id="token-hint" class="quiet">
            it is sent to this service alone, and not kept
          </span>
          <textarea
            id="token"
            aria-describedby="token-hint"
            class="token"
            rows={4}
            spellcheck={false}
            autocomplete="off"
            autocapitalize="off"
            maxLength={16_384}
            required
            value={token}
            onInput={event => setToken(event.currentTarget.value)}
            onPaste={event => {
              const text = event.clipboardData?.getData('text') ?? ''
              if (token === '' && text !== '') void look(text)
            }}
          />
        </div>
        <button class="primary" type="submit" disabled={task.isRunning}>
          Explain
        </button>
      </form>
      {task.error !== undefined && <Problem error={task.error} />}
      {task.result !== undefined && <Answer explanation={task.result} again={() => look(token)} />}
    </section>
  )
}

const verdictWords: Readonly<Record<Explanation['verdict'], string>> = {
  valid: 'its times are good',
  ambiguous: 'its times are good, within the uncertainty of the clocks',
  expired: 'it has expired',
  not_yet_valid: 'it is not valid yet',
  malformed: 'it is no token',
}

function Answer({ explanation, again }: { explanation: Explanation; again: () => Promise<void> }) {
  const { verdict, claims, reasons, policies, signature, clock, service } = explanation
  const [isRevoking, setRevoking] = useState(false)
  const { jti } = claims
  return (
    <div class="answer" aria-live="polite">
      <p class={`answer-verdict ${service.accepted ? 'good' : 'bad'}`}>
        <b>{service.accepted ? 'Accepted' : 'Refused'}</b> by this service
        {!service.accepted && <>: {visible(service.message)}</>}
        {service.code !== undefined && <code>{visible(service.code)}</code>}
      </p>
      <p class="quiet">
        By the clock, {verdictWords[verdict]}
        {signature !== undefined &&
          ` · signature ${signature === 'unchecked' ? 'of another issuer, not checked' : signature}`}
        {clock !== undefined && ` · clock ${clock.status}, ${formatBound(clock.errorMs)}`}
      </p>
      {reasons.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Claim</th>
              <th scope="col">By this node’s clock</th>
              <th scope="col">Whose clock is wrong</th>
            </tr>
          </thead>
          <tbody>
            {reasons.map(({ claim, culprit, message }) => (
              <tr key={claim} class={culprit === 'none' ? '' : 'refusing'}>
                <th scope="row">
                  <code>{visible(claim ?? '')}</code>
                </th>
                <td>{visible(message)}</td>
                <td>{culprit === 'none' ? '' : visible(culprit)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div class="below two">
        {policies.length > 0 && (
          <section>
            <h2>What others would do with its times</h2>
            <table class="policies">
              <tbody>
                {policies.map(({ name, accepted, message }) => (
                  <tr key={name} class={accepted ? '' : 'refusing'}>
                    <th scope="row">{name}</th>
                    <td>
                      {accepted ? '' : '✕ '}
                      {visible(message)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )}
        {Object.keys(claims).length > 0 && (
          <section>
            <h2>Claims</h2>
            <pre>{visibleJson(claims)}</pre>
            {service.accepted && typeof jti === 'string' && (
              <button type="button" class="danger" onClick={() => setRevoking(true)}>
                Revoke this token
              </button>
            )}
          </section>
        )}
      </div>
      {isRevoking && typeof jti === 'string' && (
        <Confirm
          title="Revoke this token?"
          action="Revoke"
          close={() => setRevoking(false)}
          perform={async () => {
            await callAsAdmin('POST', 'v1/revocations', { jti })
            await again()
          }}
        >
          <p>It is refused from now on, on every server.</p>
        </Confirm>
      )}
    </div>
  )
}
