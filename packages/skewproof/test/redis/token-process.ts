import { spawn } from 'node:child_process'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { end } from '../../../../test/support/processes.ts'
import type { RedisStoreOptions } from '../../src/stores/redis/index.ts'

const program = fileURLToPath(new URL('token-process.mjs', import.meta.url))

export interface TokenAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: what a call answers is whatever the test expects it to be
  readonly value?: any
  /** Of what was thrown. */
  readonly code?: string
}

/** A process with a token service over Redis, on another machine as far as the network is concerned. */
export class TokenProcess {
  readonly #waiting = new Map<number, (answer: TokenAnswer) => void>()
  readonly #input: NodeJS.WritableStream
  #calls = 0

  /** It ends with the test. @param enter what is put before the command */
  constructor(
    enter: readonly [string, ...string[]],
    options: Omit<RedisStoreOptions, 'encryptionKey' | 'client'>,
    encryptionKey: Buffer,
  ) {
    const [command, ...args] = enter
    const text = JSON.stringify({ ...options, encryptionKey: encryptionKey.toString('hex') })
    const child = spawn(command, [...args, process.execPath, program, text], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    onTestFinished(() => end(child))
    this.#input = child.stdin
    createInterface({ input: child.stdout }).on('line', line => {
      const { id, ...answer } = JSON.parse(line)
      this.#waiting.get(id)?.(answer)
      this.#waiting.delete(id)
    })
  }

  call(method: 'issue' | 'verify' | 'revoke' | 'sync', ...args: readonly string[]): Promise<TokenAnswer> {
    this.#calls += 1
    const id = this.#calls
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      this.#input.write(`${JSON.stringify({ id, method, args })}\n`)
    })
  }
}
