import { type ChildProcess, fork, type Serializable, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

interface Reply {
  readonly id: number
  readonly value?: unknown
  readonly error?: { readonly message: string; readonly code?: string }
}

const storeProcess = fileURLToPath(new URL('store-process.mjs', import.meta.url))
const storm = fileURLToPath(new URL('storm.mjs', import.meta.url))

/** A store in a process of its own. */
export class RemoteStore {
  readonly process: ChildProcess
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  #calls = 0

  private constructor(child: ChildProcess) {
    this.process = child
    child.on('message', (reply: Reply) => {
      const call = this.#waiting.get(reply.id)
      this.#waiting.delete(reply.id)
      if (reply.error === undefined) call?.resolve(reply.value)
      else call?.reject(Object.assign(new Error(reply.error.message), { code: reply.error.code }))
    })
    child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the process ended: ${code ?? signal}`))
    })
  }

  /** @param limits a shell command that is run before, in the same process */
  static async start(path: string, env: NodeJS.ProcessEnv = {}, limits = ':'): Promise<RemoteStore> {
    const child =
      limits === ':'
        ? fork(storeProcess, [path], {
            env: { ...process.env, ...env },
            stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
          })
        : spawn('sh', ['-c', `${limits}; exec "$@"`, 'sh', process.execPath, storeProcess, path], {
            env: { ...process.env, ...env },
            stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
          })
    const store = new RemoteStore(child)
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the process ended: ${code ?? signal}`)
    })
    ended.catch(() => {})
    await Promise.race([once(child, 'message'), ended])
    return store
  }

  call(method: string, argument: Serializable | null = null): Promise<unknown> {
    this.#calls += 1
    const id = this.#calls
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.process.send({ id, method, argument }, error => error && reject(error))
    })
  }

  /** Lets it exit, and waits until it is gone. */
  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const ended = once(this.process, 'exit')
    this.process.disconnect()
    await ended
  }
}

export interface Acknowledged {
  readonly kept: readonly string[]
  readonly revoked: readonly string[]
}

/** Runs a storm of writes in a process of its own, and kills it in the midst of them. */
export async function killInStorm(path: string, name: string, afterLines: number): Promise<Acknowledged> {
  const child = spawn(process.execPath, [storm, path, name], { stdio: ['ignore', 'pipe', 'inherit'] })
  const kept: string[] = []
  const revoked: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('+')) kept.push(line.slice(1))
    else revoked.push(line.slice(1))
    if (kept.length + revoked.length === afterLines) child.kill('SIGKILL')
  }
  return { kept, revoked }
}
