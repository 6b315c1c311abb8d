import { Lookup } from './lookup.tsx'
import { SubjectTokens } from './subject.tsx'

/** Why a token is accepted or refused, and what a subject holds. */
export function View() {
  return (
    <div class="tokens">
      <Lookup />
      <SubjectTokens />
    </div>
  )
}
