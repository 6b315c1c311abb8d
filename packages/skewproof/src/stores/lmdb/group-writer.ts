import type { RootDatabase } from 'lmdb'
import { storeUnavailable, TokenError } from '../../tokens/errors.ts'

/** How many writes share a transaction at most; they hold up the event loop while they run. */
const maxBatch = 1000
/** How many may wait; a disk that takes no more must not fill the memory. */
const maxWaiting = 100_000

interface Write {
  /** Does the write, within the transaction. */
  run(): void
  /** The transaction is on disk. */
  settle(): void
  reject(error: unknown): void
}

/**
 * Does writes in transactions, one after another: all that wait while the disk is busy share the next one. Each write is
 * acknowledged when it is on disk; when a transaction fails, all of its writes do, and none has happened.
 */
export class GroupWriter {
  readonly #root: RootDatabase
  #waiting: Write[] = []
  #batchSize = maxBatch
  #writing: Promise<void> | undefined

  constructor(root: RootDatabase) {
    this.#root = root
  }

  /**
   * @param action may throw before its first change, and fails alone; later, it takes the transaction with it
   * @throws TokenError `ERR_STORE_UNAVAILABLE`
   */
  write<T>(action: () => T): Promise<T> {
    if (this.#waiting.length >= maxWaiting) throw storeUnavailable('too many writes wait for the disk')
    return new Promise((resolve, reject) => {
      let outcome: () => void = () => reject(storeUnavailable('it has not been asked'))
      this.#waiting.push({
        run: () => {
          try {
            const result = action()
            outcome = () => resolve(result)
          } catch (error) {
            if (!(error instanceof TokenError)) throw error
            outcome = () => reject(error)
          }
        },
        settle: () => outcome(),
        reject,
      })
      this.#writing ??= this.#writeAll()
    })
  }

  /** When all that waits now has been written, or has failed. */
  async drain(): Promise<void> {
    if (this.#writing === undefined) return
    await new Promise<void>(resolve => {
      this.#waiting.push({ run: () => {}, settle: resolve, reject: () => resolve() })
    })
  }

  async #writeAll(): Promise<void> {
    // What else is written in this turn of the event loop goes along.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, this.#batchSize)
      this.#waiting = this.#waiting.slice(this.#batchSize)
      try {
        // A child transaction is undone when its function throws; an asynchronous one of its own would not be.
        await this.#root.childTransaction(() => {
          for (const write of batch) write.run()
        })
        for (const write of batch) write.settle()
        this.#batchSize = Math.min(this.#batchSize * 2, maxBatch)
      } catch (error) {
        const failure = await explainFailure(error)
        for (const write of batch) write.reject(failure)
        // On a full disk there may be room left for a small transaction.
        this.#batchSize = Math.ceil(this.#batchSize / 8)
      }
    }
    this.#writing = undefined
  }
}

/** LMDB's reason hides behind a promise of its own, which must not be left to be rejected unseen. */
async function explainFailure(error: unknown): Promise<TokenError> {
  const hidden = error instanceof Error && 'commitError' in error ? error.commitError : undefined
  const cause = await Promise.resolve(hidden).then(
    () => error,
    reason => reason,
  )
  return storeUnavailable(cause instanceof Error ? cause.message : 'it failed', cause)
}
