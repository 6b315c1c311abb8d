/** What `POST /v1/explanations` answers: what `skewproof explain` says, and what the service itself does. */
export interface Explanation {
  readonly verdict: 'valid' | 'ambiguous' | 'expired' | 'not_yet_valid' | 'malformed'
  readonly claims: Readonly<Record<string, unknown>>
  readonly reasons: readonly {
    readonly claim: string | null
    readonly byMs: number | null
    readonly culprit: string
    readonly message: string
  }[]
  readonly policies: readonly {
    readonly name: string
    readonly accepted: boolean
    readonly message: string
  }[]
  readonly signature?: 'valid' | 'invalid' | 'unchecked'
  readonly clock?: { readonly status: string; readonly errorMs: number | null }
  readonly service: { readonly accepted: boolean; readonly code?: string; readonly message: string }
}

/** The token in what somebody pastes: also a whole header, or one with line breaks in it. */
export function tokenIn(pasted: string): string {
  const [found = pasted] = pasted.replace(/\s+/g, ' ').match(/[\w-]{2,}\.[\w-]*\.[\w-]*/) ?? [pasted.trim()]
  return pasted.includes('\n')
    ? pasted.replace(/^\s*(?:authorization:\s*)?bearer\s+/i, '').replace(/\s+/g, '')
    : found
}
