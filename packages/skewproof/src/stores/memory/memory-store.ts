import type { HostClock } from '../../clock/host.ts'
import { systemHostClock } from '../../clock/system.ts'
import { storeUnavailable } from '../../tokens/errors.ts'
import { requireCount } from '../../tokens/options.ts'
import type {
  ChangeFeed,
  FamilyRotation,
  LiveToken,
  PageRequest,
  RefreshFamily,
  RevocationReceipt,
  RevokedPlaces,
  RotationOutcome,
  StatusPlace,
  StoreChange,
  StoredDocument,
  TokenPage,
  TokenRecord,
  TokenStore,
} from '../../tokens/store.ts'
import { ChangeLog } from '../change-log.ts'
import type { FleetStore, WithFleet } from '../fleet-store.ts'
import { parseCursor, parsePage } from '../page.ts'
import { MemoryFleet } from './fleet.ts'
import { Multimap } from './multimap.ts'

export interface MemoryStoreOptions {
  /** How many tokens and how many families it holds at most; more are refused. Default 1,000,000. */
  maxTokens?: number
  /** This machine's raw clocks; for tests. */
  host?: HostClock
}

interface StoredToken extends TokenRecord {
  readonly sequence: number
  readonly addedAtMs: number
  /** It stays until it would have died, so that it can be told to be revoked. */
  readonly isRevoked: boolean
}

interface StoredFamily extends RefreshFamily {
  readonly addedAtMs: number
  readonly rotatedAtMs: number
  readonly previousHash: string | undefined
}

/** Uptime is read to 10 ms; an age is the difference of two readings. */
const ageErrorMs = 10
const logCapacity = 10_000
/** How many records each write looks at for dead ones. */
const sweepBatch = 4

/** A store in this process: for tests, and for services that may forget everything when they stop. */
export function memoryStore(options: MemoryStoreOptions = {}): TokenStore & WithFleet {
  return new MemoryStore(options)
}

class MemoryStore implements TokenStore, WithFleet {
  readonly maxStalenessMs = 0
  readonly fleet: FleetStore
  readonly #host: HostClock
  readonly #maxTokens: number
  readonly #tokens = new Map<string, StoredToken>()
  readonly #tokensOfSubject = new Multimap()
  readonly #tokensOfFamily = new Multimap()
  readonly #families = new Map<string, StoredFamily>()
  readonly #familiesOfSubject = new Multimap()
  /** The tokens of each status list by their index. */
  readonly #places = new Map<string, Map<number, string>>()
  readonly #documents = new Map<string, { version: number; value: string }>()
  readonly #log = new ChangeLog(logCapacity)
  #sequence = 0
  #sweep: Iterator<StoredToken> | undefined
  #familySweep: Iterator<StoredFamily> | undefined
  /** Nothing that it holds dies before; a look at everything, when it is full, is for nothing until then. */
  #nextDeathMs = Number.POSITIVE_INFINITY
  #closed = false

  constructor({ maxTokens = 1_000_000, host = systemHostClock }: MemoryStoreOptions) {
    this.#maxTokens = requireCount('maxTokens', maxTokens, 1, 10_000_000)
    this.#host = host
    this.fleet = new MemoryFleet(host, () => this.#check())
  }

  stalenessMs(): number {
    return 0
  }

  async addToken(record: TokenRecord): Promise<boolean> {
    this.#check()
    this.#collectSome()
    const { jti, subject, familyId, status } = record
    if (familyId !== undefined && this.#liveFamily(familyId) === undefined) return false
    if (status !== undefined && this.#places.get(status.list)?.has(status.index)) return false
    this.#makeRoom(this.#tokens)
    this.#sequence += 1
    const token = { ...record, sequence: this.#sequence, addedAtMs: this.#nowMs(), isRevoked: false }
    this.#tokens.set(jti, token)
    this.#tokensOfSubject.add(subject, jti)
    if (familyId !== undefined) this.#tokensOfFamily.add(familyId, jti)
    if (status !== undefined) this.#takePlace(status, jti)
    this.#noteDeath(tokenDiesAtMs(token))
    return true
  }

  async findToken(jti: string): Promise<LiveToken | undefined> {
    this.#check()
    const nowMs = this.#nowMs()
    const token = this.#liveToken(jti, nowMs)
    return token && describe(token, nowMs)
  }

  async wasRevoked(jti: string): Promise<boolean> {
    this.#check()
    return this.#wasRevoked(jti)
  }

  async listTokens(subject: string, page: PageRequest = {}): Promise<TokenPage> {
    this.#check()
    const { limit, after } = parsePage(page)
    const nowMs = this.#nowMs()
    const found: StoredToken[] = []
    for (const jti of this.#tokensOfSubject.get(subject)) {
      const token = this.#liveToken(jti, nowMs)
      if (token === undefined || token.sequence <= after) continue
      if (found.length === limit) {
        return { tokens: found.map(entry => describe(entry, nowMs)), cursor: String(found.at(-1)?.sequence) }
      }
      found.push(token)
    }
    return { tokens: found.map(entry => describe(entry, nowMs)) }
  }

  async revokeToken(jti: string): Promise<RevocationReceipt> {
    this.#check()
    if (this.#liveToken(jti, this.#nowMs()) === undefined) return receipt(false)
    this.#revokeOne(jti)
    return this.#revoked({ kind: 'token', jti })
  }

  async revokeSubject(subject: string): Promise<RevocationReceipt> {
    this.#check()
    for (const jti of this.#tokensOfSubject.get(subject)) this.#revokeOne(jti)
    for (const familyId of this.#familiesOfSubject.get(subject)) this.#dropFamily(familyId)
    return this.#revoked({ kind: 'subject', subject })
  }

  async revokeFamily(familyId: string): Promise<RevocationReceipt> {
    this.#check()
    if (this.#liveFamily(familyId) === undefined) return receipt(false)
    for (const jti of this.#tokensOfFamily.get(familyId)) this.#revokeOne(jti)
    this.#dropFamily(familyId)
    return this.#revoked({ kind: 'family', familyId })
  }

  async revokeOlderThan(ageMs: number, issuedBeforeSeconds: number): Promise<RevocationReceipt> {
    this.#check()
    const beforeMs = this.#nowMs() - ageMs
    for (const token of this.#tokens.values()) {
      if (token.addedAtMs < beforeMs || token.issuedAtSeconds < issuedBeforeSeconds)
        this.#revokeOne(token.jti)
    }
    for (const family of this.#families.values()) {
      if (family.addedAtMs < beforeMs) this.#dropFamily(family.familyId)
    }
    return this.#revoked({ kind: 'everything' })
  }

  async listRevoked(list: string, cursor?: string): Promise<RevokedPlaces> {
    this.#check()
    parseCursor(cursor)
    const places = [...(this.#places.get(list) ?? [])]
    return { indices: places.filter(([, jti]) => this.#wasRevoked(jti)).map(([index]) => index) }
  }

  async addFamily(family: RefreshFamily): Promise<void> {
    this.#check()
    this.#collectSome()
    this.#makeRoom(this.#families)
    const nowMs = this.#nowMs()
    this.#families.set(family.familyId, {
      ...family,
      addedAtMs: nowMs,
      rotatedAtMs: nowMs,
      previousHash: undefined,
    })
    this.#familiesOfSubject.add(family.subject, family.familyId)
    this.#noteDeath(nowMs + family.idleMs)
  }

  async findFamily(familyId: string): Promise<RefreshFamily | undefined> {
    this.#check()
    const family = this.#liveFamily(familyId)
    if (family === undefined) return undefined
    const { subject, salt, generation, currentHash, grant, idleMs } = family
    return { familyId, subject, salt, generation, currentHash, grant, idleMs }
  }

  async rotateFamily(rotation: FamilyRotation): Promise<RotationOutcome> {
    this.#check()
    const family = this.#liveFamily(rotation.familyId)
    if (family === undefined) return 'unknown'
    const nowMs = this.#nowMs()
    if (rotation.presentedHash === family.currentHash) {
      this.#families.set(family.familyId, {
        ...family,
        generation: family.generation + 1,
        previousHash: family.currentHash,
        currentHash: rotation.successorHash,
        rotatedAtMs: nowMs,
      })
      return 'rotated'
    }
    const isRepeat =
      rotation.presentedHash === family.previousHash && nowMs - family.rotatedAtMs <= rotation.graceMs
    return isRepeat ? 'repeated' : 'mismatch'
  }

  async readDocument(name: string): Promise<StoredDocument> {
    this.#check()
    const document = this.#documents.get(name)
    return { version: document?.version ?? 0, value: document?.value, readAtMs: this.#nowMs() }
  }

  async writeDocument(name: string, value: string, expectedVersion: number): Promise<boolean> {
    this.#check()
    if ((this.#documents.get(name)?.version ?? 0) !== expectedVersion) return false
    this.#documents.set(name, { version: expectedVersion + 1, value })
    this.#log.append({ kind: 'document', name })
    return true
  }

  openFeed(): ChangeFeed {
    this.#check()
    return this.#log.openFeed(() => this.#check())
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #check(): void {
    if (this.#closed) throw storeUnavailable('it has been closed')
  }

  /** Read once for an operation: the system makes a file of it, which takes longer than all else here. */
  #nowMs(): number {
    return this.#host.uptimeMs()
  }

  #liveToken(jti: string, nowMs: number): StoredToken | undefined {
    const token = this.#tokens.get(jti)
    return token === undefined || token.isRevoked || isDead(token, nowMs) ? undefined : token
  }

  #wasRevoked(jti: string): boolean {
    const token = this.#tokens.get(jti)
    return token?.isRevoked === true && !isDead(token, this.#nowMs())
  }

  #takePlace({ list, index }: StatusPlace, jti: string): void {
    const places = this.#places.get(list)
    if (places === undefined) this.#places.set(list, new Map([[index, jti]]))
    else places.set(index, jti)
  }

  #leavePlace({ list, index }: StatusPlace): void {
    const places = this.#places.get(list)
    places?.delete(index)
    if (places?.size === 0) this.#places.delete(list)
  }

  #liveFamily(familyId: string): StoredFamily | undefined {
    const family = this.#families.get(familyId)
    return family !== undefined && isLive(family, this.#nowMs()) ? family : undefined
  }

  #revoked(change: StoreChange): RevocationReceipt {
    this.#log.append(change)
    return receipt(true)
  }

  #revokeOne(jti: string): void {
    const token = this.#tokens.get(jti)
    if (token === undefined) return
    this.#tokens.set(jti, { ...token, isRevoked: true })
    this.#forgetOwners(token)
  }

  #dropToken(jti: string): void {
    const token = this.#tokens.get(jti)
    if (token === undefined) return
    this.#tokens.delete(jti)
    this.#forgetOwners(token)
    if (token.status !== undefined) this.#leavePlace(token.status)
  }

  #forgetOwners({ jti, subject, familyId }: StoredToken): void {
    this.#tokensOfSubject.delete(subject, jti)
    if (familyId !== undefined) this.#tokensOfFamily.delete(familyId, jti)
  }

  #dropFamily(familyId: string): void {
    const family = this.#families.get(familyId)
    if (family === undefined) return
    this.#families.delete(familyId)
    this.#familiesOfSubject.delete(family.subject, familyId)
  }

  /** A few records with each write, round and round, so that no write pays for all. */
  #collectSome(): void {
    const nowMs = this.#nowMs()
    for (let step = 0; step < sweepBatch; step += 1) {
      this.#sweep ??= this.#tokens.values()
      const token = this.#sweep.next()
      if (token.done) this.#sweep = undefined
      else if (isDead(token.value, nowMs)) this.#dropToken(token.value.jti)

      this.#familySweep ??= this.#families.values()
      const family = this.#familySweep.next()
      if (family.done) this.#familySweep = undefined
      else if (!isLive(family.value, nowMs)) this.#dropFamily(family.value.familyId)
    }
  }

  /** @throws TokenError when all that it holds of this kind is live */
  #makeRoom(records: ReadonlyMap<string, unknown>): void {
    if (records.size >= this.#maxTokens && this.#nowMs() >= this.#nextDeathMs) this.#collectAll()
    if (records.size >= this.#maxTokens)
      throw storeUnavailable(`it is full (${this.#maxTokens} live records)`)
  }

  #noteDeath(diesAtMs: number): void {
    this.#nextDeathMs = Math.min(this.#nextDeathMs, diesAtMs)
  }

  #collectAll(): void {
    const nowMs = this.#nowMs()
    this.#nextDeathMs = Number.POSITIVE_INFINITY
    for (const token of this.#tokens.values()) {
      if (isDead(token, nowMs)) this.#dropToken(token.jti)
      else this.#noteDeath(tokenDiesAtMs(token))
    }
    for (const family of this.#families.values()) {
      if (!isLive(family, nowMs)) this.#dropFamily(family.familyId)
      else this.#noteDeath(family.rotatedAtMs + family.idleMs)
    }
  }
}

function describe(token: StoredToken, nowMs: number): LiveToken {
  const { sequence: _s, addedAtMs, isRevoked: _i, lifetimeMs, toleranceMs: _t, ...rest } = token
  return { ...rest, remainingMs: lifetimeMs - (nowMs - addedAtMs), errorMs: ageErrorMs }
}

function isDead(token: StoredToken, nowMs: number): boolean {
  return nowMs >= tokenDiesAtMs(token)
}

function isLive({ rotatedAtMs, idleMs }: StoredFamily, nowMs: number): boolean {
  return nowMs - rotatedAtMs < idleMs
}

function tokenDiesAtMs({ addedAtMs, lifetimeMs, toleranceMs }: StoredToken): number {
  return addedAtMs + lifetimeMs + toleranceMs
}

function receipt(revoked: boolean): RevocationReceipt {
  return { revoked, durability: 'acknowledged' }
}
