import { type CachedToken, RevocationIndex } from './changes.ts'
import { keysDocument } from './keys/index.ts'
import type { ChangeFeed, StoreChange } from './store.ts'

const maxRemembered = 100_000

/** What a store's feed says of tokens that have been verified before; without a store, nothing is ever revoked. */
export class RevocationWatch {
  readonly #feed: ChangeFeed | undefined
  readonly #forgetKeys: () => void
  readonly #index = new RevocationIndex(maxRemembered)

  /** @param forgetKeys called when what is known of the issuer's keys may be out of date */
  constructor(feed: ChangeFeed | undefined, forgetKeys: () => void) {
    this.#feed = feed
    this.#forgetKeys = forgetKeys
  }

  /** The number of the newest change that was taken. */
  get sequence(): number {
    return this.#index.sequence
  }

  /** Whether nothing that was taken since `sequence` concerns the token. */
  isCurrent(token: CachedToken, sequence: number): boolean {
    return this.#index.isCurrent(token, sequence)
  }

  /** Whether this very token was revoked since `sequence`. Of what concerns its whole subject or family, the store has to tell whether it came before the token. */
  isRevoked(jti: string | undefined, sequence: number): boolean {
    return jti !== undefined && this.#index.isRevoked(jti, sequence)
  }

  /** `false`: what changed cannot be told from here, and the store itself has to be asked. */
  take(): boolean {
    if (this.#feed === undefined) return true
    let changes: readonly StoreChange[]
    try {
      changes = this.#feed.take()
    } catch {
      // The next one that succeeds has what was revoked meanwhile. A key that leaked must not be used even until then.
      this.#forgetKeys()
      return false
    }
    if (changes.length === 0) return true
    this.#index.apply(changes)
    if (changes.some(mayConcernKeys)) this.#forgetKeys()
    return true
  }

  close(): void {
    this.#feed?.close()
  }
}

/** After a gap in the feed, a change of the keys may be among what was missed. */
function mayConcernKeys(change: StoreChange): boolean {
  return change.kind === 'everything' || (change.kind === 'document' && change.name === keysDocument)
}
