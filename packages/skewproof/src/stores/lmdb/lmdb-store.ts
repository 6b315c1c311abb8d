import type { HostClock } from '../../clock/host.ts'
import { systemHostClock } from '../../clock/system.ts'
import { storeUnavailable, TokenError } from '../../tokens/errors.ts'
import { requireCount, requireText } from '../../tokens/options.ts'
import type {
  ChangeFeed,
  FamilyRotation,
  LiveToken,
  PageRequest,
  RefreshFamily,
  RevocationReceipt,
  RevokedPlaces,
  RotationOutcome,
  StoreChange,
  StoredDocument,
  TokenPage,
  TokenRecord,
  TokenStore,
} from '../../tokens/store.ts'
import type { FleetStore, WithFleet } from '../fleet-store.ts'
import { isIdentifier } from '../identifier.ts'
import { parseCursor, parsePage } from '../page.ts'
import { collect, findDead, maxCollected } from './collect.ts'
import { acquireEnvironment, type Environment, releaseEnvironment } from './environment.ts'
import { appendChange, LmdbFeed } from './feed.ts'
import { LmdbFleet } from './fleet.ts'
import type { Layout, StoredToken } from './layout.ts'
import { LmdbRecords } from './records.ts'
import { hashSubject } from './subject.ts'

export interface LmdbStoreOptions {
  /** The directory that holds the store; it is made when it does not exist. All processes of the machine may open it. */
  path: string
  /** How many tokens and how many families it holds at most; more are refused. Default 10,000,000. */
  maxTokens?: number
  /** This machine's raw clocks; for tests. */
  host?: HostClock
}

/** Uptime is read to 10 ms; an age is the difference of two readings. */
const ageErrorMs = 10
const collectEveryMs = 1000
/** How many places of a status list are looked at in one go: a few milliseconds. */
const placesPerPage = 500

/**
 * The embedded store: on disk, shared by all processes of one machine, at home in a directory of its own.
 *
 * @throws StoreOpenError when the directory cannot be used, or holds something damaged or foreign
 * @throws OptionError
 */
export function lmdbStore(options: LmdbStoreOptions): TokenStore & WithFleet {
  return new LmdbStore(options)
}

class LmdbStore implements TokenStore, WithFleet {
  readonly maxStalenessMs = 0
  readonly fleet: FleetStore
  readonly #host: HostClock
  readonly #maxTokens: number
  readonly #environment: Environment
  readonly #layout: Layout
  readonly #records: LmdbRecords
  readonly #collector: NodeJS.Timeout
  #collecting: Promise<void> | undefined
  #closed = false

  constructor({ path, maxTokens = 10_000_000, host = systemHostClock }: LmdbStoreOptions) {
    this.#host = host
    this.#maxTokens = requireCount('maxTokens', maxTokens, 1, 1_000_000_000)
    this.#environment = acquireEnvironment(requireText('path', path), host)
    this.#layout = this.#environment.layout
    this.#records = new LmdbRecords(this.#layout, () => this.#nowMs())
    this.fleet = new LmdbFleet({
      layout: this.#layout,
      nowMs: () => this.#nowMs(),
      bootId: () => host.bootId(),
      read: action => this.#read(action),
      write: action => this.#write(action),
    })
    this.#collector = setInterval(() => this.#collectInBackground(), collectEveryMs)
    this.#collector.unref()
  }

  stalenessMs(): number {
    return 0
  }

  addToken(record: TokenRecord): Promise<boolean> {
    return this.#write(() => {
      const { tokens, subjectTokens, expiries } = this.#layout
      const { familyId, status } = record
      if (familyId !== undefined && this.#records.liveFamily(familyId) === undefined) return false
      if (status !== undefined && this.#records.isTaken(status)) return false
      this.#checkRoom(tokens)
      const addedAtMs = this.#nowMs()
      const token: StoredToken = {
        ...record,
        sequence: this.#records.nextSequence(),
        addedAtMs,
        diesAtMs: addedAtMs + record.lifetimeMs + record.toleranceMs,
        isRevoked: false,
      }
      void tokens.put(token.jti, token)
      void subjectTokens.put([hashSubject(token.subject), token.sequence], token.jti)
      this.#records.putPlace(token)
      void expiries.put([token.diesAtMs, 'token', token.jti], true)
      this.#records.noteDeath(token.diesAtMs)
      return true
    })
  }

  findToken(jti: string): Promise<LiveToken | undefined> {
    return this.#read(() => {
      const token = this.#records.liveToken(jti)
      return token && this.#describe(token)
    })
  }

  wasRevoked(jti: string): Promise<boolean> {
    return this.#read(() => {
      const token = this.#records.youngToken(jti)
      return token !== undefined && this.#records.isEnded(token, hashSubject(token.subject))
    })
  }

  listTokens(subject: string, page: PageRequest = {}): Promise<TokenPage> {
    return this.#read(() => {
      const { limit, after } = parsePage(page)
      const key = hashSubject(subject)
      const start: [string, number] = [key, after + 1]
      const end: [string, number] = [key, Number.MAX_SAFE_INTEGER]
      const found: StoredToken[] = []
      for (const { value: jti } of this.#layout.subjectTokens.getRange({ start, end })) {
        const token = this.#records.liveToken(jti)
        if (token === undefined) continue
        if (found.length === limit) return { ...this.#page(found), cursor: String(found.at(-1)?.sequence) }
        found.push(token)
      }
      return this.#page(found)
    })
  }

  revokeToken(jti: string): Promise<RevocationReceipt> {
    return this.#write(() => {
      const token = this.#records.liveToken(jti)
      if (token === undefined) return receipt(false)
      const revoked = { ...token, isRevoked: true }
      void this.#layout.tokens.put(jti, revoked)
      this.#records.putPlace(revoked)
      return this.#revoked({ kind: 'token', jti })
    })
  }

  revokeSubject(subject: string): Promise<RevocationReceipt> {
    return this.#write(() => {
      const id = hashSubject(subject)
      const watermark = { sequence: this.#records.nextSequence(), diesAtMs: this.#records.lastDeathMs() }
      void this.#layout.subjects.put(id, watermark)
      void this.#layout.expiries.put([watermark.diesAtMs, 'subject', id], true)
      return this.#revoked({ kind: 'subject', subject })
    })
  }

  revokeFamily(familyId: string): Promise<RevocationReceipt> {
    return this.#write(() => {
      const family = this.#records.liveFamily(familyId)
      if (family === undefined) return receipt(false)
      this.#records.putFamily({ ...family, isRevoked: true, diesAtMs: this.#records.lastDeathMs() }, family)
      return this.#revoked({ kind: 'family', familyId })
    })
  }

  revokeOlderThan(ageMs: number, issuedBeforeSeconds: number): Promise<RevocationReceipt> {
    return this.#write(() => {
      const layout = this.#layout
      const nowMs = this.#nowMs()
      layout.putMeta('addedBeforeMs', Math.max(layout.getMeta('addedBeforeMs') ?? 0, nowMs - ageMs))
      const reachFurther = (layout.getMeta('issueWatermarks') ?? []).filter(
        earlier => earlier.diesAtMs > nowMs && earlier.issuedBeforeSeconds > issuedBeforeSeconds,
      )
      const watermark = {
        sequence: this.#records.nextSequence(),
        issuedBeforeSeconds,
        diesAtMs: this.#records.lastDeathMs(),
      }
      layout.putMeta('issueWatermarks', [...reachFurther, watermark])
      return this.#revoked({ kind: 'everything' })
    })
  }

  listRevoked(list: string, cursor?: string): Promise<RevokedPlaces> {
    return this.#read(() => {
      const first = parseCursor(cursor)
      if (!isIdentifier(list)) return { indices: [] }
      const start: [string, number] = [list, first]
      const end: [string, number] = [list, Number.MAX_SAFE_INTEGER]
      const places = [...this.#layout.places.getRange({ start, end, limit: placesPerPage })]
      const indices = places.filter(({ value }) => this.#records.showsRevoked(value)).map(({ key }) => key[1])
      const last = places.length < placesPerPage ? undefined : places.at(-1)
      return { indices, ...(last !== undefined && { cursor: String(last.key[1] + 1) }) }
    })
  }

  addFamily(family: RefreshFamily): Promise<void> {
    return this.#write(() => {
      this.#checkRoom(this.#layout.families)
      const addedAtMs = this.#nowMs()
      this.#records.putFamily({
        ...family,
        sequence: this.#records.nextSequence(),
        addedAtMs,
        rotatedAtMs: addedAtMs,
        diesAtMs: addedAtMs + family.idleMs,
        previousHash: undefined,
        isRevoked: false,
      })
    })
  }

  findFamily(familyId: string): Promise<RefreshFamily | undefined> {
    return this.#read(() => {
      const family = this.#records.liveFamily(familyId)
      if (family === undefined) return undefined
      const { subject, salt, generation, currentHash, grant, idleMs } = family
      return { familyId, subject, salt, generation, currentHash, grant, idleMs }
    })
  }

  rotateFamily(rotation: FamilyRotation): Promise<RotationOutcome> {
    return this.#write(() => {
      const family = this.#records.liveFamily(rotation.familyId)
      if (family === undefined) return 'unknown'
      const nowMs = this.#nowMs()
      if (rotation.presentedHash === family.currentHash) {
        const rotated = {
          ...family,
          generation: family.generation + 1,
          previousHash: family.currentHash,
          currentHash: rotation.successorHash,
          rotatedAtMs: nowMs,
          diesAtMs: nowMs + family.idleMs,
        }
        this.#records.putFamily(rotated, family)
        return 'rotated'
      }
      const isPrevious = rotation.presentedHash === family.previousHash
      return isPrevious && nowMs - family.rotatedAtMs <= rotation.graceMs ? 'repeated' : 'mismatch'
    })
  }

  readDocument(name: string): Promise<StoredDocument> {
    return this.#read(() => {
      const document = this.#layout.documents.get(name)
      return { version: document?.version ?? 0, value: document?.value, readAtMs: this.#nowMs() }
    })
  }

  writeDocument(name: string, value: string, expectedVersion: number): Promise<boolean> {
    return this.#write(() => {
      if ((this.#layout.documents.get(name)?.version ?? 0) !== expectedVersion) return false
      void this.#layout.documents.put(name, { version: expectedVersion + 1, value })
      appendChange(this.#layout, { kind: 'document', name })
      return true
    })
  }

  openFeed(): ChangeFeed {
    this.#check()
    return new LmdbFeed(this.#layout, () => this.#closed)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#collector)
    await this.#collecting
    await releaseEnvironment(this.#environment)
  }

  #check(): void {
    if (this.#closed) throw storeUnavailable('it has been closed')
  }

  #nowMs(): number {
    return this.#host.uptimeMs() + this.#environment.epochOffsetMs
  }

  /** A read of the newest state, whichever process of the machine wrote it. */
  async #read<T>(action: () => T): Promise<T> {
    this.#check()
    try {
      this.#layout.root.resetReadTxn()
      return action()
    } catch (error) {
      throw asStoreError(error)
    }
  }

  /** Acknowledged when it is on disk. */
  async #write<T>(action: () => T): Promise<T> {
    this.#check()
    return this.#environment.writer.write(() => {
      this.#noteTime()
      return action()
    })
  }

  /** What the next boot begins from. */
  #noteTime(): void {
    const nowMs = this.#nowMs()
    if (nowMs - (this.#layout.getMeta('lastMs') ?? 0) >= collectEveryMs) this.#layout.putMeta('lastMs', nowMs)
  }

  #checkRoom(database: Layout['tokens'] | Layout['families']): void {
    const { entryCount } = database.getStats() as { entryCount: number }
    if (entryCount >= this.#maxTokens) throw storeUnavailable(`it is full (${this.#maxTokens} live records)`)
  }

  #describe(token: StoredToken): LiveToken {
    const {
      sequence: _s,
      addedAtMs,
      diesAtMs: _d,
      isRevoked: _i,
      lifetimeMs,
      toleranceMs: _t,
      ...rest
    } = token
    return { ...rest, remainingMs: lifetimeMs - (this.#nowMs() - addedAtMs), errorMs: ageErrorMs }
  }

  #page(found: readonly StoredToken[]): TokenPage {
    return { tokens: found.map(token => this.#describe(token)) }
  }

  #revoked(change: StoreChange): RevocationReceipt {
    appendChange(this.#layout, change)
    return receipt(true)
  }

  #collectInBackground(): void {
    this.#collecting ??= this.#collectAll()
      // A disk that is full now: the next round tries again, and dead records are dead without it.
      .catch(() => {})
      .finally(() => {
        this.#collecting = undefined
      })
  }

  async #collectAll(): Promise<void> {
    let limit = maxCollected
    for (;;) {
      const dead = await this.#read(() => findDead(this.#layout, this.#nowMs(), limit))
      if (dead.length === 0) return
      try {
        await this.#write(() => collect(this.#layout, dead))
      } catch (error) {
        // On a full disk there may be room left for a small transaction, and then for more.
        if (limit === 1) throw error
        limit = Math.ceil(limit / 8)
        continue
      }
      if (dead.length < limit) return
    }
  }
}

function receipt(revoked: boolean): RevocationReceipt {
  return { revoked, durability: 'durable' }
}

function asStoreError(error: unknown): Error {
  if (error instanceof TokenError || error instanceof TypeError) return error
  return storeUnavailable(error instanceof Error ? error.message : 'it failed', error)
}
