import { randomInt } from 'node:crypto'
import { storeUnavailable, TokenError } from '../../tokens/errors.ts'
import type { Answer, Connection } from './connection.ts'
import { evaluate, isReply } from './evaluate.ts'
import type { Keys } from './keys.ts'
import { type ScriptName, scripts } from './scripts/index.ts'

/** Runs the scripts of one shard over one connection. */
export class ScriptRunner {
  readonly #connection: Connection
  readonly #keys: Keys
  readonly #replicas: number

  /** @param replicas how many of them are waited for after each script */
  constructor(connection: Connection, keys: Keys, replicas: number) {
    this.#connection = connection
    this.#keys = keys
    this.#replicas = replicas
  }

  /**
   * Runs a script; where the store has not been begun, or Redis has lost it, begins it first.
   *
   * @param keys those after the state and the change log, which every script gets
   * @throws TokenError `ERR_STORE_UNAVAILABLE`
   */
  async run(
    name: ScriptName,
    keys: readonly string[] = [],
    args: readonly (string | number)[] = [],
  ): Promise<Answer> {
    try {
      return await this.#run(name, keys, args)
    } catch (error) {
      if (!isReply(error, 'NOSTATE')) throw asStoreError(error)
    }
    try {
      await this.#run('beginStore', [], [newNonce(), newNonce()])
      return await this.#run(name, keys, args)
    } catch (error) {
      throw asStoreError(error)
    }
  }

  #run(name: ScriptName, keys: readonly string[], args: readonly (string | number)[]): Promise<Answer> {
    const { state, changes } = this.#keys
    return evaluate(this.#connection, scripts[name], [state, changes, ...keys], args, this.#replicas)
  }
}

/** A whole number that Lua holds exactly, and nobody guesses. */
export function newNonce(): number {
  return randomInt(1, 2 ** 47)
}

/** What went wrong, as an error of the store. What Redis says of itself holds no data of ours. */
export function asStoreError(error: unknown): TokenError {
  if (error instanceof TokenError) return error
  const message = error instanceof Error ? error.message : 'it failed'
  return storeUnavailable(`Redis answers: ${message.slice(0, maxProblemLength)}`, error)
}

const maxProblemLength = 200
