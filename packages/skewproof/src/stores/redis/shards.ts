import type { HostClock } from '../../clock/host.ts'
import { OptionError } from '../../time/index.ts'
import { storeUnavailable } from '../../tokens/errors.ts'
import { subjectTag } from '../../tokens/identifiers.ts'
import type { ChangeFeed, RevokedPlaces } from '../../tokens/store.ts'
import { ChangeLog } from '../change-log.ts'
import type { FleetStore } from '../fleet-store.ts'
import { parseCursor } from '../page.ts'
import { Connections } from './connections.ts'
import { instantOf } from './feed.ts'
import { RedisFleet } from './fleet.ts'
import type { RedisSettings } from './options.ts'
import { Shard } from './shard.ts'
import { partOf, shardTags } from './slots.ts'

/** How many revocations stick in this process when Redis loses them. */
const maxRemembered = 10_000
/** More than a status list has. */
const placesPerShard = 2 ** 24
/** How many changes a reader can be behind. */
const logCapacity = 10_000

/** The parts of a store, one of them unless it lies on a cluster, and one feed of what changes in all of them. */
export class Shards {
  readonly all: readonly [Shard, ...Shard[]]
  readonly fleet: FleetStore
  readonly #connections: Connections
  readonly #log = new ChangeLog(logCapacity)
  readonly #host: HostClock
  readonly #maxStalenessMs: number

  constructor(settings: RedisSettings) {
    this.#host = settings.host
    this.#maxStalenessMs = settings.maxStalenessMs
    const tags = shardTags(settings.shards)
    this.#connections = new Connections(settings)
    // On the connection where least waits, since the round trip is what the comparison of clocks is worth.
    this.fleet = new RedisFleet(this.#connections.changes, settings.keyPrefix)
    const [first = '', ...others] = tags
    const open = (tag: string): Shard =>
      new Shard({
        settings,
        connections: this.#connections,
        tag,
        maxRemembered: Math.ceil(maxRemembered / tags.length),
        log: this.#log,
      })
    this.all = [open(first), ...others.map(open)]
  }

  /** Where documents are. */
  get first(): Shard {
    return this.all[0]
  }

  ofSubject(subject: string): Shard {
    return this.#at(subjectTag(subject))
  }

  /** @param identifier of a token or a family, which begins with its subject's tag */
  ofIdentifier(identifier: string): Shard {
    return this.#at(identifier)
  }

  /**
   * Where something of a subject is to be put.
   *
   * @throws OptionError when it would not be found there again
   */
  forNew(option: string, identifier: string, subject: string): Shard {
    const tag = subjectTag(subject)
    if (!identifier.startsWith(tag)) {
      throw new OptionError(option, `begin it with its subject's tag, ${tag}, by which it is found`)
    }
    return this.#at(tag)
  }

  /** One after another: a cursor is the number of a shard, and a place there. */
  async listRevoked(list: string, cursor: string | undefined): Promise<RevokedPlaces> {
    const start = parseCursor(cursor)
    const number = Math.floor(start / placesPerShard)
    const shard = this.all[number]
    if (shard === undefined)
      throw new OptionError('cursor', 'give back the cursor of the page before as it was')
    const { indices, next } = await shard.tokens.listRevoked(list, start % placesPerShard)
    if (next !== undefined) return { indices, cursor: String(number * placesPerShard + next) }
    const isLast = number === this.all.length - 1
    return { indices, ...(!isLast && { cursor: String((number + 1) * placesPerShard) }) }
  }

  openFeed(): ChangeFeed {
    return this.#log.openFeed(() => this.#check())
  }

  /** @throws TokenError `ERR_STORE_UNAVAILABLE` */
  async sync(): Promise<void> {
    await Promise.all(this.all.map(({ follower }) => follower.sync()))
  }

  /** How old the oldest of their newest proofs is; `undefined` while one has none. */
  stalenessMs(): number | undefined {
    const now = instantOf(this.#host)
    let oldestMs = 0
    for (const { follower } of this.all) {
      const stalenessMs = follower.stalenessMs(now)
      if (stalenessMs === undefined) return undefined
      oldestMs = Math.max(oldestMs, stalenessMs)
    }
    return oldestMs
  }

  close(): void {
    for (const { follower } of this.all) follower.close()
    this.#connections.close()
  }

  #at(tag: string): Shard {
    return this.all[partOf(tag, this.all.length)] ?? this.first
  }

  #check(): void {
    const stalenessMs = this.stalenessMs()
    if (stalenessMs === undefined) throw storeUnavailable('nothing has been heard of Redis yet')
    if (stalenessMs > this.#maxStalenessMs) {
      throw storeUnavailable(`nothing has been heard of Redis for ${Math.round(stalenessMs)} ms`)
    }
  }
}
