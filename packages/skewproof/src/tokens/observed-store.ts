import type { HostClock } from '../clock/host.ts'
import { systemHostClock } from '../clock/system.ts'
import { TokenError } from './errors.ts'
import { Listeners } from './listeners.ts'
import type {
  ChangeFeed,
  FamilyRotation,
  LiveToken,
  PageRequest,
  RefreshFamily,
  RevocationReceipt,
  RevokedPlaces,
  RotationOutcome,
  StoredDocument,
  TokenPage,
  TokenRecord,
  TokenStore,
} from './store.ts'

/** One operation of a store. */
export interface StoreOperation {
  /** The store's method. */
  readonly operation: StoreOperationName
  /** `unavailable`: `ERR_STORE_UNAVAILABLE`; `error`: the operation was called wrongly, or the store has a defect. */
  readonly outcome: 'ok' | 'unavailable' | 'error'
  readonly durationMs: number
}

/** The methods that ask the store. */
export type StoreOperationName = Exclude<
  keyof TokenStore,
  'maxStalenessMs' | 'stalenessMs' | 'openFeed' | 'close'
>

/** A store that tells how long its operations take, when anybody wants to know. */
export interface ObservedStore extends TokenStore {
  on(event: 'operation', listener: (operation: StoreOperation) => void): this
  off(event: 'operation', listener: (operation: StoreOperation) => void): this
}

const observed = new WeakMap<TokenStore, ObservedStore>()

/**
 * The same store, observed. There is one such view of each store: token services and verifiers ask theirs through it, so that
 * whoever listens hears of all of them.
 */
export function observeStore(store: TokenStore, host: HostClock = systemHostClock): ObservedStore {
  if (store instanceof StoreView) return store
  const known = observed.get(store)
  if (known !== undefined) return known
  const view = new StoreView(store, host)
  observed.set(store, view)
  return view
}

class StoreView implements ObservedStore {
  readonly #store: TokenStore
  readonly #host: HostClock
  readonly #operations = new Listeners<StoreOperation>()

  constructor(store: TokenStore, host: HostClock) {
    this.#store = store
    this.#host = host
  }

  on(_event: 'operation', listener: (operation: StoreOperation) => void): this {
    this.#operations.add(listener)
    return this
  }

  off(_event: 'operation', listener: (operation: StoreOperation) => void): this {
    this.#operations.remove(listener)
    return this
  }

  get maxStalenessMs(): number {
    return this.#store.maxStalenessMs
  }

  stalenessMs(): number | undefined {
    return this.#store.stalenessMs()
  }

  addToken(record: TokenRecord): Promise<boolean> {
    return this.#observe('addToken', () => this.#store.addToken(record))
  }

  findToken(jti: string): Promise<LiveToken | undefined> {
    return this.#observe('findToken', () => this.#store.findToken(jti))
  }

  wasRevoked(jti: string): Promise<boolean> {
    return this.#observe('wasRevoked', () => this.#store.wasRevoked(jti))
  }

  listTokens(subject: string, page?: PageRequest): Promise<TokenPage> {
    return this.#observe('listTokens', () => this.#store.listTokens(subject, page))
  }

  revokeToken(jti: string): Promise<RevocationReceipt> {
    return this.#observe('revokeToken', () => this.#store.revokeToken(jti))
  }

  revokeSubject(subject: string): Promise<RevocationReceipt> {
    return this.#observe('revokeSubject', () => this.#store.revokeSubject(subject))
  }

  revokeFamily(familyId: string): Promise<RevocationReceipt> {
    return this.#observe('revokeFamily', () => this.#store.revokeFamily(familyId))
  }

  revokeOlderThan(ageMs: number, issuedBeforeSeconds: number): Promise<RevocationReceipt> {
    return this.#observe('revokeOlderThan', () => this.#store.revokeOlderThan(ageMs, issuedBeforeSeconds))
  }

  listRevoked(list: string, cursor?: string): Promise<RevokedPlaces> {
    return this.#observe('listRevoked', () => this.#store.listRevoked(list, cursor))
  }

  addFamily(family: RefreshFamily): Promise<void> {
    return this.#observe('addFamily', () => this.#store.addFamily(family))
  }

  findFamily(familyId: string): Promise<RefreshFamily | undefined> {
    return this.#observe('findFamily', () => this.#store.findFamily(familyId))
  }

  rotateFamily(rotation: FamilyRotation): Promise<RotationOutcome> {
    return this.#observe('rotateFamily', () => this.#store.rotateFamily(rotation))
  }

  readDocument(name: string): Promise<StoredDocument> {
    return this.#observe('readDocument', () => this.#store.readDocument(name))
  }

  writeDocument(name: string, value: string, expectedVersion: number): Promise<boolean> {
    return this.#observe('writeDocument', () => this.#store.writeDocument(name, value, expectedVersion))
  }

  openFeed(): ChangeFeed {
    return this.#store.openFeed()
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  #observe<T>(operation: StoreOperationName, work: () => Promise<T>): Promise<T> {
    return this.#operations.isHeard ? this.#time(operation, work) : work()
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
      this.#operations.tell({ operation, outcome, durationMs: this.#host.monotonicMs() - startMs })
    }
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof TokenError && error.code === 'ERR_STORE_UNAVAILABLE'
}
