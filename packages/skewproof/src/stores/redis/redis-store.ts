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
import type { Change } from './access.ts'
import { Documents } from './documents.ts'
import { parseOptions, type RedisSettings, type RedisStoreOptions } from './options.ts'
import type { Shard } from './shard.ts'
import { Shards } from './shards.ts'

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

class SharedStore implements RedisStore {
  readonly maxStalenessMs: number
  readonly fleet: FleetStore
  readonly #shards: Shards
  readonly #documents: Documents
  readonly #underWay = new Set<Promise<unknown>>()
  #closed = false

  constructor(settings: RedisSettings) {
    this.maxStalenessMs = settings.maxStalenessMs
    this.#shards = new Shards(settings)
    this.fleet = this.#shards.fleet
    this.#documents = new Documents(this.#shards.first.access, settings.seal)
  }

  addToken(record: TokenRecord): Promise<boolean> {
    return this.#do(async () => this.#shards.forNew('jti', record.jti, record.subject).tokens.add(record))
  }

  findToken(jti: string): Promise<LiveToken | undefined> {
    return this.#do(() => this.#shards.ofIdentifier(jti).tokens.find(jti))
  }

  wasRevoked(jti: string): Promise<boolean> {
    return this.#do(() => this.#shards.ofIdentifier(jti).tokens.wasRevoked(jti))
  }

  listTokens(subject: string, page: PageRequest = {}): Promise<TokenPage> {
    return this.#do(() => this.#shards.ofSubject(subject).tokens.list(subject, page))
  }

  revokeToken(jti: string): Promise<RevocationReceipt> {
    const shard = this.#shards.ofIdentifier(jti)
    return this.#do(() => this.#revoke([shard], ({ tokens }) => tokens.revoke(jti)))
  }

  revokeSubject(subject: string): Promise<RevocationReceipt> {
    const shard = this.#shards.ofSubject(subject)
    return this.#do(() => this.#revoke([shard], ({ tokens }) => tokens.revokeSubject(subject)))
  }

  revokeFamily(familyId: string): Promise<RevocationReceipt> {
    const shard = this.#shards.ofIdentifier(familyId)
    return this.#do(() => this.#revoke([shard], ({ families }) => families.revoke(familyId)))
  }

  revokeOlderThan(ageMs: number, issuedBeforeSeconds: number): Promise<RevocationReceipt> {
    const revoke = ({ tokens }: Shard) => tokens.revokeOlderThan(ageMs, issuedBeforeSeconds)
    return this.#do(() => this.#revoke(this.#shards.all, revoke))
  }

  listRevoked(list: string, cursor?: string): Promise<RevokedPlaces> {
    return this.#do(() => this.#shards.listRevoked(list, cursor))
  }

  addFamily(family: RefreshFamily): Promise<void> {
    return this.#do(async () =>
      this.#shards.forNew('familyId', family.familyId, family.subject).families.add(family),
    )
  }

  findFamily(familyId: string): Promise<RefreshFamily | undefined> {
    return this.#do(() => this.#shards.ofIdentifier(familyId).families.find(familyId))
  }

  rotateFamily(rotation: FamilyRotation): Promise<RotationOutcome> {
    return this.#do(() => this.#shards.ofIdentifier(rotation.familyId).families.rotate(rotation))
  }

  readDocument(name: string): Promise<StoredDocument> {
    return this.#do(() => this.#documents.read(name))
  }

  writeDocument(name: string, value: string, expectedVersion: number): Promise<boolean> {
    return this.#do(async () => {
      const written = await this.#documents.write(name, value, expectedVersion)
      if (written) await learn([this.#shards.first])
      return written
    })
  }

  openFeed(): ChangeFeed {
    this.#check()
    const feed = this.#shards.openFeed()
    return {
      take: () => {
        this.#check()
        return feed.take()
      },
      close: () => feed.close(),
    }
  }

  sync(): Promise<void> {
    return this.#do(() => this.#shards.sync())
  }

  stalenessMs(): number | undefined {
    return this.#shards.stalenessMs()
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#underWay)
    this.#shards.close()
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

  /** Revokes something in each of the shards. */
  async #revoke(
    shards: readonly Shard[],
    change: (shard: Shard) => Promise<Change | undefined>,
  ): Promise<RevocationReceipt> {
    const changes = await Promise.all(shards.map(change))
    const made = changes.filter(one => one !== undefined)
    if (made.length === 0) return { revoked: false, durability: 'acknowledged' }
    await learn(shards)
    const isReplicated = made.every(one => one.isReplicated)
    return { revoked: true, durability: isReplicated ? 'replicated' : 'acknowledged' }
  }
}

/**
 * What is acknowledged is also known to this process's own readers. Where it cannot be read now, they will be told that they are
 * behind.
 */
async function learn(shards: readonly Shard[]): Promise<void> {
  await Promise.all(shards.map(({ follower }) => follower.sync().catch(() => {})))
}
