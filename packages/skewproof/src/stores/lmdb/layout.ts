import type { Database, RootDatabase } from 'lmdb'
import type { RefreshFamily, StoreChange, TokenRecord } from '../../tokens/store.ts'
import type { NodeWord } from '../fleet-store.ts'
import type { Epoch } from './epoch.ts'

/** The format of what is stored; one that is newer is refused. */
export const formatVersion = 1

export interface StoredToken extends TokenRecord {
  /** The order in which the store saw tokens and families; what a watermark is compared with. */
  readonly sequence: number
  /** By the store's clock. */
  readonly addedAtMs: number
  readonly diesAtMs: number
  /** It stays until it would have died, so that it can be told to be revoked. */
  readonly isRevoked: boolean
}

export interface StoredFamily extends RefreshFamily {
  readonly sequence: number
  readonly addedAtMs: number
  readonly rotatedAtMs: number
  readonly diesAtMs: number
  readonly previousHash: string | undefined
  /** It stays until the last of its tokens has died, so that they can be told to be revoked. */
  readonly isRevoked: boolean
}

/** Everything with a smaller sequence number is revoked. Forgotten when the last of that has died. */
export interface Watermark {
  readonly sequence: number
  readonly diesAtMs: number
}

/** Tokens with a smaller sequence number and an `iat` before this are revoked. */
export interface IssueWatermark extends Watermark {
  readonly issuedBeforeSeconds: number
}

/**
 * What decides whether the token on a place of a status list was revoked. All places of a list are read at once, so it is
 * an array, which is read four times as fast as the token.
 */
export type StoredPlace = [
  diesAtMs: number,
  isRevoked: boolean,
  sequence: number,
  addedAtMs: number,
  issuedAtSeconds: number,
  hashedSubject: string,
  familyId?: string,
]

/** What dies and when: the kind of record and its key. */
export type ExpiryKey = [diesAtMs: number, kind: 'token' | 'family' | 'subject', id: string]

/** What a node of the fleet has left. */
export interface StoredWord extends NodeWord {
  readonly atMs: number
}

export interface Meta {
  format: number
  epoch: Epoch
  /** The latest store time that was written down. */
  lastMs: number
  sequence: number
  /** The number of the newest change. */
  changes: number
  /** When the last of all records that were ever added dies. */
  lastDeathMs: number
  /** Everything that the store saw earlier is revoked. */
  addedBeforeMs: number
  /** Later ones reach less far; the others are forgotten. */
  issueWatermarks: readonly IssueWatermark[]
  /** How often nodes of the fleet have left word. */
  beats: number
}

/** The databases of the environment, one per kind of record. */
export class Layout {
  readonly root: RootDatabase
  readonly tokens: Database<StoredToken, string>
  readonly families: Database<StoredFamily, string>
  /** Watermarks by hashed subject. */
  readonly subjects: Database<Watermark, string>
  /** The tokens of a hashed subject in the order of their issue. */
  readonly subjectTokens: Database<string, [subject: string, sequence: number]>
  /** The places of each status list. */
  readonly places: Database<StoredPlace, [list: string, index: number]>
  readonly expiries: Database<true, ExpiryKey>
  readonly changes: Database<StoreChange, number>
  readonly documents: Database<{ version: number; value: string }, string>
  readonly nodes: Database<StoredWord, string>
  readonly #meta: Database<unknown, string>

  constructor(root: RootDatabase) {
    this.root = root
    this.tokens = root.openDB({ name: 'tokens' })
    this.families = root.openDB({ name: 'families' })
    this.subjects = root.openDB({ name: 'subjects' })
    this.subjectTokens = root.openDB({ name: 'subjectTokens' })
    this.places = root.openDB({ name: 'places' })
    this.expiries = root.openDB({ name: 'expiries' })
    this.changes = root.openDB({ name: 'changes' })
    this.documents = root.openDB({ name: 'documents' })
    this.nodes = root.openDB({ name: 'nodes' })
    this.#meta = root.openDB({ name: 'meta' })
  }

  getMeta<K extends keyof Meta>(key: K): Meta[K] | undefined {
    return this.#meta.get(key) as Meta[K] | undefined
  }

  putMeta<K extends keyof Meta>(key: K, value: Meta[K]): void {
    void this.#meta.put(key, value)
  }
}
