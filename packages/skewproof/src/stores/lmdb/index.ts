export { type LmdbStoreOptions, lmdbStore } from './lmdb-store.ts'
export { StoreOpenError } from './open-error.ts'
