import type { HostClock } from '../clock/host.ts'
import { systemHostClock } from '../clock/system.ts'
import { TokenError } from './errors.ts'
import { Listeners } from './listeners.ts'
import type { TokenStore } from './store.ts'

/** One operation of a store. */
export interface StoreOperation {
  /** The store's method. */
  readonly operation: StoreOperationName
  /** `unavailable`: `ERR_STORE_UNAVAILABLE`; `error`: the operation was called wrongly, or the store has a defect. */
  readonly outcome: 'ok' | 'unavailable' | 'error'
  readonly durationMs: number
}

/** The methods that ask the store: for tokens, and for the fleet that shares it (`beat` is a heartbeat). */
export type StoreOperationName =
  | Exclude<keyof TokenStore, 'maxStalenessMs' | 'stalenessMs' | 'openFeed' | 'close'>
  | 'beat'
  | 'readDescriptions'
  | 'leave'

/** Times the operations of one store, while anybody wants to know. */
export class StoreOperations {
  readonly listeners: Listeners<StoreOperation> = new Listeners()
  readonly #host: HostClock

  constructor(host: HostClock) {
    this.#host = host
  }

  observe<T>(operation: StoreOperationName, work: () => Promise<T>): Promise<T> {
    return this.listeners.isHeard ? this.#time(operation, work) : work()
  }

  async #time<T>(operation: StoreOperationName, work: () => Promise<T>): Promise<T> {
    const startMs = this.#host.monotonicMs()
    let outcome: StoreOperation['outcome'] = 'ok'
    try {
      return await work()
    } catch (error) {
      outcome = isUnavailable(error) ? 'unavailable' : 'error'
      throw error
    } finally {
      this.listeners.tell({ operation, outcome, durationMs: this.#host.monotonicMs() - startMs })
    }
  }
}

const known = new WeakMap<object, StoreOperations>()

/** Those of a store: whoever asks it, all are heard of in one place. */
export function operationsOf(store: object, host: HostClock = systemHostClock): StoreOperations {
  const operations = known.get(store) ?? new StoreOperations(host)
  known.set(store, operations)
  return operations
}

function isUnavailable(error: unknown): boolean {
  return error instanceof TokenError && error.code === 'ERR_STORE_UNAVAILABLE'
}
