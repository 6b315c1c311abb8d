import type { StoreChange } from '../../tokens/store.ts'
import type { StoredToken } from './record.ts'

/** A change as it stands in the log. */
export interface LoggedChange {
  /** Its number there, which no other change ever has. */
  readonly number: string
  readonly change: StoreChange
  /** The store's clock when it was made. */
  readonly atMs: number
  /** Of a sweeping revocation: what was added before this, by the store's clock, and what was issued before this. */
  readonly sweep: Sweep | undefined
}

export interface Sweep {
  readonly addedBeforeMs: number
  readonly issuedBeforeSeconds: number
}

/**
 * The newest revocations that this process has read, so that they stick when Redis loses them, and can be said to it again.
 */
export class RevocationMemory {
  readonly #capacity: number
  /** In the order in which they were read; by what they concern, so that the newest of each counts. */
  readonly #logged = new Map<string, LoggedChange>()
  #sweeps: readonly LoggedChange[] = []

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  note(logged: LoggedChange): void {
    const key = keyOf(logged)
    if (key === undefined) return
    this.#logged.delete(key)
    this.#logged.set(key, logged)
    if (logged.sweep !== undefined) this.#sweeps = [...this.#sweeps.slice(1 - maxSweeps), logged]
    const [oldest] = this.#logged.keys()
    if (this.#logged.size > this.#capacity && oldest !== undefined) this.#logged.delete(oldest)
  }

  /** Whether the token was revoked, whatever Redis says of it. */
  concerns(token: StoredToken): boolean {
    if (this.#logged.size === 0) return false
    const { jti, subject, familyId, addedAtMs, issuedAtSeconds } = token
    if (this.#logged.has(`t${jti}`)) return true
    if (familyId !== undefined && this.#logged.has(`f${familyId}`)) return true
    const bySubject = this.#logged.get(`s${subject}`)
    if (bySubject !== undefined && addedAtMs < bySubject.atMs) return true
    return this.#sweeps.some(
      ({ atMs, sweep }) =>
        sweep !== undefined &&
        (addedAtMs < sweep.addedBeforeMs ||
          (addedAtMs < atMs && issuedAtSeconds < sweep.issuedBeforeSeconds)),
    )
  }

  /** Newest first. */
  newest(): readonly LoggedChange[] {
    return [...this.#logged.values()].reverse()
  }

  clear(): void {
    this.#logged.clear()
    this.#sweeps = []
  }
}

/** They are looked at one by one. */
const maxSweeps = 100

function keyOf({ number, change, sweep }: LoggedChange): string | undefined {
  switch (change.kind) {
    case 'token':
      return `t${change.jti}`
    case 'subject':
      return `s${change.subject}`
    case 'family':
      return `f${change.familyId}`
    case 'everything':
      return sweep && `e${number}`
    case 'document':
      return undefined
  }
}
