import { storeUnavailable } from '../../tokens/errors.ts'
import type { ChangeFeed, StoreChange } from '../../tokens/store.ts'
import type { Layout } from './layout.ts'

/** How many changes are kept; a reader that is further behind starts anew. */
export const logCapacity = 10_000

/** Appends a change; within a write transaction. */
export function appendChange(layout: Layout, change: StoreChange): void {
  const number = (layout.getMeta('changes') ?? 0) + 1
  layout.putMeta('changes', number)
  void layout.changes.put(number, change)
  void layout.changes.remove(number - logCapacity)
}

/**
 * Reads the change log from the memory map, where commits of all processes of the machine show at once.
 *
 * It is looked at once per callback of the event loop: what is known to have been acknowledged when a callback starts was
 * committed before. Further calls in the same callback cost nothing.
 */
export class LmdbFeed implements ChangeFeed {
  readonly #layout: Layout
  readonly #isClosed: () => boolean
  #seen: number
  #isFresh = false

  constructor(layout: Layout, isClosed: () => boolean) {
    this.#layout = layout
    this.#isClosed = isClosed
    this.#seen = this.#newest()
  }

  take(): readonly StoreChange[] {
    if (this.#isClosed()) throw storeUnavailable('it has been closed')
    if (this.#isFresh) return []
    this.#isFresh = true
    queueMicrotask(() => {
      this.#isFresh = false
    })
    const newest = this.#newest()
    if (newest === this.#seen) return []
    const changes = this.#read(this.#seen + 1, newest)
    this.#seen = newest
    return changes
  }

  close(): void {
    // It holds nothing but numbers.
  }

  #newest(): number {
    try {
      this.#layout.root.resetReadTxn()
      return this.#layout.getMeta('changes') ?? 0
    } catch (error) {
      throw storeUnavailable('its change log cannot be read', error)
    }
  }

  #read(from: number, to: number): readonly StoreChange[] {
    if (to - from >= logCapacity) return [{ kind: 'everything' }]
    const changes: StoreChange[] = []
    for (let number = from; number <= to; number += 1) {
      const change = this.#layout.changes.get(number)
      if (change === undefined) return [{ kind: 'everything' }]
      changes.push(change)
    }
    return changes
  }
}
