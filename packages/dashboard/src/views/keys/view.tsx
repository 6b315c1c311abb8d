import { useEffect, useState } from 'preact/hooks'
import { Confirm } from '../../parts/confirm.tsx'
import { Problem } from '../../parts/problem.tsx'
import { useTask } from '../../parts/use-task.ts'
import { callAsAdmin } from '../../state/session.ts'
import { formatAge } from '../../text/measure.ts'
import { visible } from '../../text/visible.ts'

interface Key {
  readonly kid: string
  readonly alg: string
  readonly state: string
  readonly signs_in: number
  readonly verifies_for?: number
}

interface KeysBody {
  readonly keys: readonly Key[]
}

type Rotation = 'planned' | 'compromised'

/** The keys that tokens are signed with, and their rotation. */
export function View() {
  const task = useTask<readonly Key[]>()
  const [asked, setAsked] = useState<Rotation | undefined>(undefined)
  const load = () => task.run(async () => (await callAsAdmin<KeysBody>('GET', 'v1/keys')).keys)
  useEffect(() => void load(), [])
  return (
    <section aria-labelledby="keys">
      <h1 id="keys">Keys</h1>
      {task.error !== undefined && <Problem error={task.error} />}
      {task.result !== undefined && <Keys keys={task.result} />}
      <p class="actions left">
        <button type="button" onClick={() => setAsked('planned')}>
          Rotate
        </button>
        <button type="button" class="danger" onClick={() => setAsked('compromised')}>
          A key has leaked…
        </button>
      </p>
      {asked !== undefined && (
        <Confirm
          title={
            asked === 'planned' ? 'Publish a new key?' : 'Drop all keys, and sign with a new one at once?'
          }
          action={asked === 'planned' ? 'Rotate' : 'Drop them'}
          close={() => setAsked(undefined)}
          perform={async () => {
            await callAsAdmin('POST', 'v1/keys/rotations', { compromised: asked === 'compromised' })
            await load()
          }}
        >
          {asked === 'planned' ? (
            <p>It signs when every verifier has had time to fetch it. Tokens of the present key stay good.</p>
          ) : (
            <p>
              Every token that was issued until now is refused from now on: everybody has to log in again, you
              too.
            </p>
          )}
        </Confirm>
      )}
    </section>
  )
}

function Keys({ keys }: { keys: readonly Key[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Algorithm</th>
          <th scope="col">State</th>
          <th scope="col">Next</th>
        </tr>
      </thead>
      <tbody>
        {keys.map(key => (
          <tr key={key.kid}>
            <th scope="row">
              <code>{visible(key.kid)}</code>
            </th>
            <td>{key.alg}</td>
            <td>{key.state}</td>
            <td>{nextOf(key)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function nextOf({ signs_in: signsIn, verifies_for: verifiesFor }: Key): string {
  if (signsIn > 0) return `signs in ${formatAge(signsIn * 1000)}`
  return verifiesFor === undefined ? '' : `is dropped in ${formatAge(verifiesFor * 1000)}`
}
