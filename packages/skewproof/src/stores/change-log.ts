import type { ChangeFeed, StoreChange } from '../tokens/store.ts'

/** The newest changes of one process, numbered; a reader that fell too far behind is told that it missed some. */
export class ChangeLog {
  readonly #capacity: number
  #changes: StoreChange[] = []
  #firstNumber = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  append(change: StoreChange): void {
    this.#changes.push(change)
    if (this.#changes.length > this.#capacity * 2) {
      this.#firstNumber += this.#changes.length - this.#capacity
      this.#changes = this.#changes.slice(-this.#capacity)
    }
  }

  /** @param check throws when the log cannot be relied on */
  openFeed(check: () => void): ChangeFeed {
    let next = this.#firstNumber + this.#changes.length
    return {
      take: () => {
        check()
        const end = this.#firstNumber + this.#changes.length
        if (next === end) return []
        const changes: readonly StoreChange[] =
          next < this.#firstNumber ? [{ kind: 'everything' }] : this.#changes.slice(next - this.#firstNumber)
        next = end
        return changes
      },
      close: () => {},
    }
  }
}
