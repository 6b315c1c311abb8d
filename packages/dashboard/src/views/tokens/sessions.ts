/** A line of `GET /v1/tokens`. */
export interface ListedToken {
  readonly jti: string
  readonly issued_at: number
  readonly expires_in: number
  readonly session?: string
  readonly client_id?: string
  readonly scope?: string
}

export interface SessionTokens {
  /** `undefined`: issued without a session. */
  readonly session: string | undefined
  readonly tokens: readonly ListedToken[]
}

/** The tokens of each session, newest first; the sessions by their newest token; those without one at the end. */
export function bySession(tokens: readonly ListedToken[]): readonly SessionTokens[] {
  const groups = new Map<string | undefined, ListedToken[]>()
  for (const token of [...tokens].sort((a, b) => b.issued_at - a.issued_at)) {
    const group = groups.get(token.session)
    if (group === undefined) groups.set(token.session, [token])
    else group.push(token)
  }
  const list = [...groups].map(([session, own]) => ({ session, tokens: own }))
  return [
    ...list.filter(({ session }) => session !== undefined),
    ...list.filter(({ session }) => session === undefined),
  ]
}
