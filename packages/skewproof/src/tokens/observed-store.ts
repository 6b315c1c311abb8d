import type { HostClock } from '../clock/host.ts'
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
import {
  operationsOf,
  type StoreOperation,
  type StoreOperationName,
  type StoreOperations,
} from './store-operations.ts'

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
export function observeStore(store: TokenStore, host?: HostClock): ObservedStore {
  if (store instanceof StoreView) return store
  const known = observed.get(store)
  if (known !== undefined) return known
  const view = new StoreView(store, operationsOf(store, host))
  observed.set(store, view)
  return view
}

class StoreView implements ObservedStore {
  readonly #store: TokenStore
  readonly #operations: StoreOperations

  constructor(store: TokenStore, operations: StoreOperations) {
    this.#store = store
    this.#operations = operations
  }

  on(_event: 'operation', listener: (operation: StoreOperation) => void): this {
    this.#operations.listeners.add(listener)
    return this
  }

  off(_event: 'operation', listener: (operation: StoreOperation) => void): this {
    this.#operations.listeners.remove(listener)
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
    return this.#operations.observe(operation, work)
  }
}
