import { type StoreChange, TokenError, type TokenStore } from 'skewproof'

/** What changed in the store, in words: one sentence for all of a kind, however many there were. */
export interface StoreHappening {
  readonly kind: 'revocation' | 'rotation'
  readonly text: string
}

/** Reads from the store's feed what was changed, whoever did it. */
export class StoreChanges {
  readonly #feed: ReturnType<TokenStore['openFeed']>

  constructor(store: TokenStore) {
    this.#feed = store.openFeed()
  }

  /** Since the last call. Nothing while the store cannot be asked: the next call has it. */
  take(): readonly StoreChange[] {
    try {
      return this.#feed.take()
    } catch (error) {
      if (error instanceof TokenError) return []
      throw error
    }
  }

  close(): void {
    this.#feed.close()
  }
}

/** What was revoked, and that keys were changed. No subject is named: those who only look at the fleet need not know who uses it. */
export function describeChanges(changes: readonly StoreChange[]): readonly StoreHappening[] {
  const happenings: StoreHappening[] = []
  const tokens = changes.filter(({ kind }) => kind === 'token')
  const [first] = tokens
  if (first?.kind === 'token') {
    const text =
      tokens.length === 1 ? `The token ${first.jti} was revoked` : `${tokens.length} tokens were revoked`
    happenings.push({ kind: 'revocation', text })
  }
  const families = changes.filter(({ kind }) => kind === 'family').length
  if (families > 0)
    happenings.push({
      kind: 'revocation',
      text: families === 1 ? 'A session was ended' : `${families} sessions were ended`,
    })
  const subjects = changes.filter(({ kind }) => kind === 'subject').length
  if (subjects > 0)
    happenings.push({
      kind: 'revocation',
      text: `All that ${subjects === 1 ? 'a subject' : `${subjects} subjects`} had was revoked`,
    })
  if (changes.some(({ kind }) => kind === 'everything'))
    happenings.push({
      kind: 'revocation',
      text: 'All that was issued before some moment was revoked, or so much changed that it was not all read',
    })
  if (changes.some(change => change.kind === 'document' && change.name === 'keys'))
    happenings.push({ kind: 'rotation', text: 'The keys that sign were changed' })
  return happenings
}
