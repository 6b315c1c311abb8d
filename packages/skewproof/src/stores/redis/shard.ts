import type { ChangeLog } from '../change-log.ts'
import { Access, type Change } from './access.ts'
import type { Connections } from './connections.ts'
import { Families } from './families.ts'
import { Follower } from './feed.ts'
import { Keys } from './keys.ts'
import { type LoggedChange, RevocationMemory } from './memory.ts'
import type { RedisSettings } from './options.ts'
import { Tokens } from './tokens.ts'

export interface ShardOptions {
  readonly settings: RedisSettings
  readonly connections: Connections
  /** The hash tag of its keys. */
  readonly tag: string
  /** How many of its revocations stick in this process when Redis loses them. */
  readonly maxRemembered: number
  readonly log: ChangeLog
}

/** All that belongs to some of the subjects, in one hash slot: with a clock, a change log and an identity of its own. */
export class Shard {
  readonly access: Access
  readonly tokens: Tokens
  readonly families: Families
  readonly follower: Follower
  /** What Redis has lost is said to it again before it is certain that it is current. */
  readonly #lost: { readonly tokens: Tokens; readonly families: Families }

  constructor({ settings, connections, tag, maxRemembered, log }: ShardOptions) {
    const { keyPrefix, replicas, host, maxStalenessMs } = settings
    const keys = new Keys(keyPrefix, tag)
    const memory = new RevocationMemory(maxRemembered)
    this.access = new Access({
      connections,
      keys,
      replicas,
      confirm: server => this.follower.confirm(server),
    })
    this.tokens = new Tokens(this.access, host, memory)
    this.families = new Families(this.access)
    const unconfirmed = new Access({ connections, keys, replicas, confirm: async () => {} })
    this.#lost = { tokens: new Tokens(unconfirmed, host, memory), families: new Families(unconfirmed) }
    this.follower = new Follower({
      connection: connections.changes,
      keys,
      host,
      maxStalenessMs,
      replicas,
      memory,
      log,
      repeat: lost => this.#repeat(lost),
    })
  }

  /** Other processes may do the same at the same time. */
  async #repeat({ change, sweep }: LoggedChange): Promise<Change | undefined> {
    const { tokens, families } = this.#lost
    if (change.kind === 'token') return tokens.revoke(change.jti)
    if (change.kind === 'subject') return tokens.revokeSubject(change.subject)
    if (change.kind === 'family') return families.revoke(change.familyId)
    return sweep && tokens.sweepAgain(sweep)
  }
}
