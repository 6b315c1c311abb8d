import { createHash } from 'node:crypto'
import type { Clock } from '../../clock/clock.ts'
import type { HostClock } from '../../clock/host.ts'
import type { SigningKey } from '../keys/index.ts'
import { statedErrorSeconds } from '../stated-error.ts'
import type { ChangeFeed, TokenStore } from '../store.ts'
import { parseLists, type StatusListRecord, statusListsDocument } from './lists.ts'
import { createStatusList, type StatusList, setStatus } from './status-list.ts'
import { signStatusListToken } from './status-list-token.ts'

/** A Status List Token, as it is published. */
export interface PublishedStatusList {
  readonly token: string
  /** Names exactly this token, for an `ETag`. */
  readonly tag: string
  /** For how long it may be cached, seconds. */
  readonly ttlSeconds: number
}

export interface PublicationOptions {
  readonly store: TokenStore
  readonly clock: Clock
  readonly host: HostClock
  readonly issuer: string
  /** What the address of a list begins with; its identifier follows. */
  readonly baseUri: string
  readonly ttlMs: number
  readonly signingKey: () => Promise<SigningKey>
}

interface Copy {
  readonly list: StatusList
  /** The newest change that the list is known to hold. */
  readonly sequence: number
  readonly readAtMs: number
  /** How long reading it from the store took. */
  readonly readForMs: number
  readonly kid: string
  readonly signedAtMs: number
  readonly published: PublishedStatusList
}

const revoked = 1

/** How many times as long as caches may keep a list it can be relied upon. */
const ttlsToExpiry = 10

/** A list that changes all the time is read again after this, or after ten times as long as reading all lists takes. */
const minRereadMs = 1000
const rereadFactor = 10

/**
 * Publishes the status lists of a store: signed again when something was revoked, and from time to time so that it shows
 * that nothing was. Instants here are of the host's monotonic clock.
 */
export class StatusPublication {
  readonly #options: PublicationOptions
  readonly #feed: ChangeFeed
  readonly #copies = new Map<string, Copy>()
  readonly #renewals = new Map<string, Promise<Copy>>()
  #sequence = 0
  /** `undefined` when they have to be read. */
  #lists: ReadonlyMap<string, StatusListRecord> | undefined
  /** How often they have changed. */
  #listsVersion = 0

  constructor(options: PublicationOptions) {
    this.#options = options
    this.#feed = options.store.openFeed()
  }

  /**
   * The list of this identifier; `undefined` when there is none.
   *
   * @throws TokenError `ERR_STORE_UNAVAILABLE`
   */
  async publish(id: string): Promise<PublishedStatusList | undefined> {
    this.#takeChanges()
    const record = (this.#lists ?? (await this.#loadLists())).get(id)
    if (record === undefined) return undefined
    const key = await this.#options.signingKey()
    const copy = this.#copies.get(id)
    if (copy !== undefined && this.#isGood(copy, key)) return copy.published
    return (await this.#renewOnce(record, key)).published
  }

  close(): void {
    this.#feed.close()
    this.#copies.clear()
  }

  /** @throws TokenError `ERR_STORE_UNAVAILABLE` when what changed cannot be told */
  #takeChanges(): void {
    for (const change of this.#feed.take()) {
      if (change.kind !== 'document') this.#sequence += 1
      const mayConcernLists = change.kind === 'document' && change.name === statusListsDocument
      if (!mayConcernLists && change.kind !== 'everything') continue
      this.#lists = undefined
      this.#listsVersion += 1
    }
  }

  async #loadLists(): Promise<ReadonlyMap<string, StatusListRecord>> {
    const version = this.#listsVersion
    const { value } = await this.#options.store.readDocument(statusListsDocument)
    const lists = new Map(parseLists(value).map(list => [list.id, list]))
    for (const id of this.#copies.keys()) {
      if (!lists.has(id)) this.#copies.delete(id)
    }
    // They may have changed while they were read.
    if (version === this.#listsVersion) this.#lists = lists
    return lists
  }

  #isGood(copy: Copy, key: SigningKey): boolean {
    const nowMs = this.#options.host.monotonicMs()
    const isYoung = nowMs - copy.signedAtMs < this.#options.ttlMs / 2
    return isYoung && copy.kid === key.kid && !this.#isToBeRead(copy, nowMs)
  }

  /** Something was revoked since, on this list or another, and it has not been read only just now. */
  #isToBeRead({ sequence, readAtMs }: Copy, nowMs: number): boolean {
    if (sequence === this.#sequence) return false
    const readingMs = [...this.#copies.values()].reduce((sum, { readForMs }) => sum + readForMs, 0)
    const rereadMs = Math.min(this.#options.ttlMs / 2, Math.max(minRereadMs, readingMs * rereadFactor))
    return nowMs - readAtMs >= rereadMs
  }

  #renewOnce(record: StatusListRecord, key: SigningKey): Promise<Copy> {
    const renewing =
      this.#renewals.get(record.id) ??
      this.#renew(record, key).finally(() => this.#renewals.delete(record.id))
    this.#renewals.set(record.id, renewing)
    return renewing
  }

  async #renew(record: StatusListRecord, key: SigningKey): Promise<Copy> {
    const { host, clock, issuer, baseUri, ttlMs } = this.#options
    this.#takeChanges()
    const known = this.#copies.get(record.id)
    // What changes while the list is read counts as unseen, and its time is that of the beginning.
    const sequence = this.#sequence
    const signedAtMs = host.monotonicMs()
    const reading = clock.now()
    const read = known?.sequence === sequence ? known : await this.#read(record)
    const ttlSeconds = Math.ceil(ttlMs / 1000)
    const token = signStatusListToken(
      key,
      {
        issuer,
        uri: baseUri + record.id,
        iat: Math.floor(reading.timeMs / 1000),
        exp: Math.ceil((reading.timeMs + ttlMs * ttlsToExpiry) / 1000),
        iatErrSeconds: statedErrorSeconds(reading),
        ttlSeconds,
      },
      read.list,
    )
    const { list, readAtMs, readForMs } = read
    const tag = createHash('sha256').update(token).digest('base64url').slice(0, 22)
    const published = { token, tag, ttlSeconds }
    const copy = { list, readAtMs, readForMs, sequence, kid: key.kid, signedAtMs, published }
    this.#copies.set(record.id, copy)
    return copy
  }

  async #read({ id, size }: StatusListRecord): Promise<Pick<Copy, 'list' | 'readAtMs' | 'readForMs'>> {
    const { store, host } = this.#options
    const readAtMs = host.monotonicMs()
    const list = createStatusList(1, size)
    let cursor: string | undefined
    do {
      const places = await store.listRevoked(id, cursor)
      for (const index of places.indices) setStatus(list, index, revoked)
      cursor = places.cursor
      // An embedded store does not wait for anything: let others have their turn.
      await new Promise(resolve => setImmediate(resolve))
    } while (cursor !== undefined)
    return { list, readAtMs, readForMs: host.monotonicMs() - readAtMs }
  }
}
