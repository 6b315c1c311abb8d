import { storeUnavailable } from '../../tokens/errors.ts'
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
} from '../../tokens/store.ts'
import type { FleetStore, WithFleet } from '../fleet-store.ts'
import { Access } from './access.ts'
import { Documents } from './documents.ts'
import { Families } from './families.ts'
import { Follower } from './feed.ts'
import { RedisFleet } from './fleet.ts'
import { type LoggedChange, RevocationMemory } from './memory.ts'
import { parseOptions, type RedisSettings, type RedisStoreOptions } from './options.ts'
import { isNothing } from './reply.ts'
import { Tokens } from './tokens.ts'

/** A store that all processes of a fleet share. */
export interface RedisStore extends TokenStore, WithFleet {
  /**
   * Waits until this process knows all that was acknowledged anywhere before this call.
   *
   * @throws TokenError `ERR_STORE_UNAVAILABLE`
   */
  sync(): Promise<void>
}

/**
 * The shared store: in Redis 7 or Valkey. It connects at once, and again for as long as it takes.
 *
 * @throws OptionError
 */
export function redisStore(options: RedisStoreOptions): RedisStore {
  return new SharedStore(parseOptions(options))
}

/** How many revocations stick in this process when Redis loses them. */
const maxRemembered = 10_000

class SharedStore implements RedisStore {
  readonly maxStalenessMs: number
  readonly fleet: FleetStore
  readonly #access: Access
  readonly #tokens: Tokens
  readonly #families: Families
  readonly #documents: Documents
  readonly #follower: Follower
  readonly #underWay = new Set<Promise<unknown>>()
  #closed = false

  constructor(settings: RedisSettings) {
    const { seal, maxStalenessMs, replicas, host, keyPrefix } = settings
    const memory = new RevocationMemory(maxRemembered)
    this.maxStalenessMs = maxStalenessMs
    this.#access = new Access(settings)
    // On the connection where least waits, since the round trip is what the comparison of clocks is worth.
    this.fleet = new RedisFleet(this.#access.changes, keyPrefix)
    this.#tokens = new Tokens(this.#access, host, memory)
    this.#families = new Families(this.#access)
    this.#documents = new Documents(this.#access, seal)
    this.#follower = new Follower({
      connection: this.#access.changes,
      keys: this.#access.keys,
      host,
      maxStalenessMs,
      replicas,
      memory,
      repeat: lost => this.#repeat(lost),
    })
  }

  addToken(record: TokenRecord): Promise<boolean> {
    return this.#do(async () => {
      const members = await this.#tokens.add(record)
      if (members !== undefined && members.length > 0) this.#removeDead(record.subject, members)
      return members !== undefined
    })
  }

  findToken(jti: string): Promise<LiveToken | undefined> {
    return this.#do(() => this.#tokens.find(jti))
  }

  wasRevoked(jti: string): Promise<boolean> {
    return this.#do(() => this.#tokens.wasRevoked(jti))
  }

  listTokens(subject: string, page: PageRequest = {}): Promise<TokenPage> {
    return this.#do(() => this.#tokens.list(subject, page))
  }

  revokeToken(jti: string): Promise<RevocationReceipt> {
    return this.#do(async () => this.#receipt(await this.#tokens.revoke(jti)))
  }

  revokeSubject(subject: string): Promise<RevocationReceipt> {
    return this.#do(async () => this.#receipt(await this.#tokens.revokeSubject(subject)))
  }

  revokeFamily(familyId: string): Promise<RevocationReceipt> {
    return this.#do(async () => this.#receipt(await this.#families.revoke(familyId)))
  }

  revokeOlderThan(ageMs: number, issuedBeforeSeconds: number): Promise<RevocationReceipt> {
    return this.#do(async () => this.#receipt(await this.#tokens.revokeOlderThan(ageMs, issuedBeforeSeconds)))
  }

  listRevoked(list: string, cursor?: string): Promise<RevokedPlaces> {
    return this.#do(() => this.#tokens.listRevoked(list, cursor))
  }

  addFamily(family: RefreshFamily): Promise<void> {
    return this.#do(() => this.#families.add(family))
  }

  findFamily(familyId: string): Promise<RefreshFamily | undefined> {
    return this.#do(() => this.#families.find(familyId))
  }

  rotateFamily(rotation: FamilyRotation): Promise<RotationOutcome> {
    return this.#do(() => this.#families.rotate(rotation))
  }

  readDocument(name: string): Promise<StoredDocument> {
    return this.#do(() => this.#documents.read(name))
  }

  writeDocument(name: string, value: string, expectedVersion: number): Promise<boolean> {
    return this.#do(async () => {
      const number = await this.#documents.write(name, value, expectedVersion)
      return (await this.#receipt(number)).revoked
    })
  }

  openFeed(): ChangeFeed {
    this.#check()
    const feed = this.#follower.openFeed()
    return {
      take: () => {
        this.#check()
        return feed.take()
      },
      close: () => feed.close(),
    }
  }

  sync(): Promise<void> {
    return this.#do(() => this.#follower.sync())
  }

  stalenessMs(): number | undefined {
    return this.#follower.stalenessMs()
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#underWay)
    this.#follower.close()
    this.#access.close()
  }

  #check(): void {
    if (this.#closed) throw storeUnavailable('it has been closed')
  }

  async #do<T>(work: () => Promise<T>): Promise<T> {
    this.#check()
    const running = work()
    this.#underWay.add(running)
    try {
      return await running
    } finally {
      this.#underWay.delete(running)
    }
  }

  /** What is acknowledged is also known to this process's own readers. */
  async #receipt(changeNumber: unknown): Promise<RevocationReceipt> {
    if (isNothing(changeNumber)) return { revoked: false, durability: 'acknowledged' }
    const durability = (await this.#access.isReplicated()) ? 'replicated' : 'acknowledged'
    // Where it cannot be read now, readers will be told that they are behind.
    await this.#follower.sync().catch(() => {})
    return { revoked: true, durability }
  }

  /** Other processes may do the same at the same time. */
  async #repeat({ change, sweep }: LoggedChange): Promise<void> {
    if (change.kind === 'token') await this.#tokens.revoke(change.jti)
    if (change.kind === 'subject') await this.#tokens.revokeSubject(change.subject)
    if (change.kind === 'family') await this.#families.revoke(change.familyId)
    if (sweep !== undefined) await this.#tokens.sweepAgain(sweep)
  }

  /** In the background, a few at a time; where it fails there will be another opportunity. */
  #removeDead(subject: string, members: readonly string[]): void {
    this.#do(() => this.#tokens.removeDead(subject, members)).catch(() => {})
  }
}
