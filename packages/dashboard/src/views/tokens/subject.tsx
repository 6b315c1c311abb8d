import { useState } from 'preact/hooks'
import { Confirm } from '../../parts/confirm.tsx'
import { Problem } from '../../parts/problem.tsx'
import { useTask } from '../../parts/use-task.ts'
import { serverNowMs } from '../../state/live.ts'
import { callAsAdmin } from '../../state/session.ts'
import { formatAge, formatInstant } from '../../text/measure.ts'
import { visible } from '../../text/visible.ts'
import { bySession, type ListedToken } from './sessions.ts'

interface Page {
  readonly tokens: readonly ListedToken[]
  readonly cursor?: string
}

interface Found extends Page {
  readonly subject: string
}

type Revocation = { readonly jti: string } | { readonly session: string } | { readonly sub: string }

async function find(subject: string, from?: Found): Promise<Found> {
  const query = new URLSearchParams({
    sub: subject,
    limit: '100',
    ...(from?.cursor !== undefined && { cursor: from.cursor }),
  })
  const page = await callAsAdmin<Page>('GET', `v1/tokens?${query}`)
  return { ...page, subject, tokens: [...(from?.tokens ?? []), ...page.tokens] }
}

/** What a subject holds, session by session, and the end of it. */
export function SubjectTokens() {
  const task = useTask<Found>()
  const [subject, setSubject] = useState('')
  const [asked, setAsked] = useState<Revocation | undefined>(undefined)
  const found = task.result
  return (
    <section aria-labelledby="subject">
      <h1 id="subject">What does a subject hold?</h1>
      <form
        class="one-line"
        onSubmit={event => {
          event.preventDefault()
          void task.run(() => find(subject))
        }}
      >
        <label>
          Subject
          <input
            value={subject}
            required
            maxLength={256}
            spellcheck={false}
            autocomplete="off"
            autocapitalize="off"
            onInput={event => setSubject(event.currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={task.isRunning}>
          Show
        </button>
      </form>
      {task.error !== undefined && <Problem error={task.error} />}
      {found !== undefined && (
        <div class="answer" aria-live="polite">
          <Holdings found={found} ask={setAsked} />
          {found.cursor !== undefined && (
            <button type="button" onClick={() => task.run(() => find(found.subject, found))}>
              More
            </button>
          )}
        </div>
      )}
      {asked !== undefined && found !== undefined && (
        <Confirm
          title={questionOf(asked, found)}
          action="Revoke"
          close={() => setAsked(undefined)}
          perform={async () => {
            await callAsAdmin('POST', 'v1/revocations', asked)
            await task.run(() => find(found.subject))
          }}
        >
          <p>It is refused from now on, on every server. This cannot be undone.</p>
        </Confirm>
      )}
    </section>
  )
}

function questionOf(asked: Revocation, { subject }: Found): string {
  if ('jti' in asked) return 'Revoke this token?'
  if ('session' in asked) return 'End this session, with all its tokens?'
  return `Revoke everything that ${visible(subject, 80)} holds?`
}

function Holdings({ found: { subject, tokens }, ask }: { found: Found; ask: (what: Revocation) => void }) {
  if (tokens.length === 0) {
    return (
      <>
        <p class="empty">
          <bdi>{visible(subject)}</bdi> holds no live token.
        </p>
        <button type="button" class="danger" onClick={() => ask({ sub: subject })}>
          Revoke all the same, with sessions between two tokens
        </button>
      </>
    )
  }
  return (
    <>
      <p>
        <bdi>{visible(subject)}</bdi> holds {tokens.length} live {tokens.length === 1 ? 'token' : 'tokens'}.{' '}
        <button type="button" class="danger small" onClick={() => ask({ sub: subject })}>
          Revoke all
        </button>
      </p>
      {bySession(tokens).map(({ session, tokens: own }) => (
        <table key={session ?? ''} class="held">
          <caption>
            {session === undefined ? (
              'Without a session'
            ) : (
              <>
                Session <code>{visible(session)}</code>
              </>
            )}
            {session !== undefined && (
              <button type="button" class="danger small" onClick={() => ask({ session })}>
                End
              </button>
            )}
          </caption>
          <thead>
            <tr>
              <th scope="col">Token</th>
              <th scope="col">Scope</th>
              <th scope="col">Client</th>
              <th scope="col" class="number">
                Issued
              </th>
              <th scope="col" class="number">
                Left
              </th>
              <th scope="col">
                <span class="sr">Revoke</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {own.map(token => (
              <Row key={token.jti} token={token} revoke={() => ask({ jti: token.jti })} />
            ))}
          </tbody>
        </table>
      ))}
    </>
  )
}

function Row({ token, revoke }: { token: ListedToken; revoke: () => void }) {
  const { jti, scope = '', client_id: client = '', issued_at: issuedAt, expires_in: expiresIn } = token
  const nowMs = serverNowMs.value
  const issuedMs = issuedAt * 1000
  const age = nowMs === undefined ? formatInstant(issuedMs) : `${formatAge(nowMs - issuedMs)} ago`
  return (
    <tr>
      <th scope="row">
        <code>{visible(jti)}</code>
      </th>
      <td>{visible(scope, 200)}</td>
      <td>{visible(client, 80)}</td>
      <td class="number" title={formatInstant(issuedMs)}>
        {age}
      </td>
      <td class="number">{formatAge(expiresIn * 1000)}</td>
      <td>
        <button type="button" class="danger small" aria-label={`Revoke ${visible(jti)}`} onClick={revoke}>
          Revoke
        </button>
      </td>
    </tr>
  )
}
