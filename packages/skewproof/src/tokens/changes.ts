import type { StoreChange } from './store.ts'

/** What a cached entry must be checked against. */
export interface CachedToken {
  readonly jti: string
  readonly subject: string
  readonly familyId: string | undefined
}

/**
 * What has been revoked lately, by sequence number, so that a cache entry which was looked up at sequence `n` is still
 * good when nothing after `n` concerns it. Bounded: when it is full, what it knew is folded into one number, and entries
 * from before must be looked up again.
 */
export class RevocationIndex {
  readonly #maxSize: number
  readonly #revokedAt = new Map<string, number>()
  #sequence = 0
  #floor = 0

  constructor(maxSize: number) {
    this.#maxSize = maxSize
  }

  /** The number of the newest change; an entry looked up from now on carries it. */
  get sequence(): number {
    return this.#sequence
  }

  apply(changes: readonly StoreChange[]): void {
    for (const change of changes) this.#applyOne(change)
  }

  /** Whether an entry that was looked up at `sequence` is untouched by everything since. */
  isCurrent(token: CachedToken, sequence: number): boolean {
    if (sequence === this.#sequence) return true
    if (sequence < this.#floor) return false
    return (
      !this.#touchedSince(sequence, `t${token.jti}`) &&
      !this.#touchedSince(sequence, `s${token.subject}`) &&
      !(token.familyId !== undefined && this.#touchedSince(sequence, `f${token.familyId}`))
    )
  }

  /** Whether this very token was revoked since `sequence`, as far as it is remembered. */
  isRevoked(jti: string, sequence: number): boolean {
    return this.#touchedSince(sequence, `t${jti}`)
  }

  /** Nothing learned so far is to be relied on any more. */
  forget(): void {
    this.#sequence += 1
    this.#floor = this.#sequence
    this.#revokedAt.clear()
  }

  #applyOne(change: StoreChange): void {
    if (change.kind === 'everything') this.forget()
    if (change.kind === 'token') this.#record(`t${change.jti}`)
    if (change.kind === 'subject') this.#record(`s${change.subject}`)
    if (change.kind === 'family') this.#record(`f${change.familyId}`)
  }

  #record(key: string): void {
    if (this.#revokedAt.size >= this.#maxSize) this.forget()
    this.#sequence += 1
    this.#revokedAt.set(key, this.#sequence)
  }

  #touchedSince(sequence: number, key: string): boolean {
    return (this.#revokedAt.get(key) ?? 0) > sequence
  }
}
