import type { Connection } from './connection.ts'
import { Keys } from './keys.ts'
import { NodeRedisConnection } from './node-redis.ts'
import type { RedisSettings } from './options.ts'
import { isReplicated } from './replication.ts'
import { listOf, numberOf, textOf } from './reply.ts'
import { asStoreError, ScriptRunner } from './runner.ts'
import { askSentinels } from './sentinel.ts'

/** The connections of a store, and what is asked over them. */
export class Access {
  readonly keys: Keys
  /** Changes are followed on a connection of their own, so that no queue of commands delays them. */
  readonly changes: Connection
  readonly scripts: ScriptRunner
  /** For what has to reach replicas. */
  readonly durable: ScriptRunner
  readonly #replicas: number
  readonly #commands: Connection
  /** Where replicas are waited for, the other commands must not wait along. */
  readonly #durable: Connection

  constructor(settings: RedisSettings) {
    this.keys = new Keys(settings.keyPrefix)
    this.changes = connect(settings)
    this.#replicas = settings.replicas
    this.#commands = connect(settings)
    this.#durable = settings.replicas > 0 ? connect(settings) : this.#commands
    this.scripts = new ScriptRunner(this.#commands, this.keys)
    this.durable = new ScriptRunner(this.#durable, this.keys)
  }

  /** @throws TokenError `ERR_STORE_UNAVAILABLE` */
  async send(command: string, key: string, ...args: readonly string[]): Promise<unknown> {
    try {
      return await this.#commands.send(key, [command, key, ...args])
    } catch (error) {
      throw asStoreError(error)
    }
  }

  /** The members of a sorted set from a score on. */
  async readRange(
    key: string,
    start: string,
    limit: number,
  ): Promise<readonly { member: string; score: number }[]> {
    const range = [start, '+inf', 'BYSCORE', 'LIMIT', '0', String(limit), 'WITHSCORES']
    return listOf(await this.send('ZRANGE', key, ...range)).map(pair => {
      const [member, score] = listOf(pair)
      return { member: textOf(member), score: numberOf(score) }
    })
  }

  /** Waits for replicas. What is not known to be replicated counts as acknowledged: it was. */
  async isReplicated(): Promise<boolean> {
    if (this.#replicas === 0) return false
    return isReplicated(this.#durable, this.keys, this.#replicas).catch(() => false)
  }

  close(): void {
    for (const connection of [this.#commands, this.#durable, this.changes]) connection.close()
  }
}

function connect({ server, sentinel, commandTimeoutMs, host }: RedisSettings): Connection {
  const ask = sentinel && askSentinels(sentinel.name, sentinel.nodes, commandTimeoutMs)
  const locate = async () => (ask === undefined ? server : { ...server, ...(await ask()) })
  return new NodeRedisConnection({ locate, commandTimeoutMs, host })
}
