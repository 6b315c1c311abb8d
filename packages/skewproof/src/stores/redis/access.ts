import { storeUnavailable } from '../../tokens/errors.ts'
import type { Answer } from './connection.ts'
import type { Connections } from './connections.ts'
import type { Keys } from './keys.ts'
import { isNothing, listOf, numberOf, textOf } from './reply.ts'
import { asStoreError, ScriptRunner } from './runner.ts'
import type { ScriptName } from './scripts/index.ts'

export interface AccessOptions {
  readonly connections: Connections
  readonly keys: Keys
  /** How many replicas must have what has to last. */
  readonly replicas: number
  /** @throws TokenError `ERR_STORE_UNAVAILABLE` unless what this server answered is to be believed */
  readonly confirm: (server: string) => Promise<void>
}

/**
 * How one shard is asked. An answer that could be out of date counts only once it is certain that it came from the primary that
 * all others ask.
 */
export class Access {
  readonly keys: Keys
  readonly #connections: Connections
  readonly #replicas: number
  readonly #confirm: (server: string) => Promise<void>
  readonly #scripts: ScriptRunner
  readonly #durable: ScriptRunner

  constructor({ connections, keys, replicas, confirm }: AccessOptions) {
    this.keys = keys
    this.#connections = connections
    this.#replicas = replicas
    this.#confirm = confirm
    this.#scripts = new ScriptRunner(connections.commands, keys, 0)
    this.#durable = new ScriptRunner(connections.durable, keys, replicas)
  }

  /** @throws TokenError `ERR_STORE_UNAVAILABLE` */
  async run(
    name: ScriptName,
    keys?: readonly string[],
    args?: readonly (string | number)[],
  ): Promise<unknown> {
    const { value, server } = await this.#scripts.run(name, keys, args)
    await this.#confirm(server)
    return value
  }

  /**
   * Runs a script that writes what must not get lost: where replicas are waited for, it does not count until they have it.
   *
   * @throws TokenError `ERR_STORE_UNAVAILABLE`
   */
  async write(
    name: ScriptName,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const { value, server, isReplicated } = await this.#durable.run(name, keys, args)
    if (this.#replicas > 0 && !isReplicated) throw storeUnavailable('too few replicas have what was written')
    await this.#confirm(server)
    return value
  }

  /**
   * Runs a script that answers the number of a change, and waits for replicas. That there was nothing to change could be out
   * of date; that something was changed is so, for as long as Redis keeps it.
   *
   * @throws TokenError `ERR_STORE_UNAVAILABLE`
   */
  async change(
    name: ScriptName,
    keys?: readonly string[],
    args?: readonly (string | number)[],
  ): Promise<Change | undefined> {
    const { value, server, isReplicated } = await this.#durable.run(name, keys, args)
    if (!isNothing(value)) return { isReplicated }
    await this.#confirm(server)
    return undefined
  }

  /** The members of a sorted set from a score on. */
  async readRange(
    key: string,
    start: string,
    limit: number,
  ): Promise<readonly { member: string; score: number }[]> {
    const range = [start, '+inf', 'BYSCORE', 'LIMIT', '0', String(limit), 'WITHSCORES']
    const { value, server } = await this.#send('ZRANGE', key, ...range)
    await this.#confirm(server)
    return listOf(value).map(pair => {
      const [member, score] = listOf(pair)
      return { member: textOf(member), score: numberOf(score) }
    })
  }

  async #send(command: string, key: string, ...args: readonly string[]): Promise<Answer> {
    try {
      return await this.#connections.commands.send(key, [command, key, ...args])
    } catch (error) {
      throw asStoreError(error)
    }
  }
}

/** What was changed, and whether enough replicas have it. */
export interface Change {
  readonly isReplicated: boolean
}
