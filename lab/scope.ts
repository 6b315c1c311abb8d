import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { type Daemon, type DaemonOptions, end, spawnDaemon } from '../test/support/daemons.ts'
import { RedisServer, type RedisServerOptions } from '../test/support/redis-server.ts'

type End = () => unknown

const open = new Set<Scope>()

/** Put before a program, has the kernel end it with the lab, whatever ends that. */
const leash = ['setpriv', '--pdeathsig', 'KILL'] as const

/** All that the lab leaves outside of its processes begins so, and goes on with its process id. */
export const mark = 'skewproof-lab-'

/** Ends what all stories have started: somebody wants the lab to stop. */
export async function endAllScopes(): Promise<void> {
  await Promise.all([...open].map(scope => scope.close()))
}

/** Removes the directories of labs that are gone and had no time to do it. */
export function removeAbandonedDirectories(): void {
  for (const name of readdirSync(tmpdir())) {
    if (isAbandoned(name)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}

/** Whether something has the mark of a lab that does not run any more. */
export function isAbandoned(name: string): boolean {
  const pid = name.startsWith(mark) ? /^\d+$/.exec(name.slice(mark.length))?.[0] : undefined
  return pid !== undefined && !existsSync(`/proc/${pid}`)
}

/** What a story has started, and how it ends: the last first, also when something fails. */
export class Scope {
  readonly #ends: End[] = []
  #isClosed = false

  constructor() {
    open.add(this)
  }

  /** @throws Error when all else has ended already: what would need this must not begin */
  onEnd(action: End): void {
    if (this.#isClosed) throw new Error('the lab is being stopped')
    this.#ends.push(action)
  }

  directory(): string {
    let path = ''
    this.onEnd(() => rmSync(path, { recursive: true, force: true }))
    path = mkdtempSync(join(labDirectory(), 'story-'))
    return path
  }

  start(command: string, args: readonly string[], options: DaemonOptions): Daemon {
    let daemon: Daemon | undefined
    this.onEnd(() => daemon && end(daemon.process))
    const [launcher, ...own] = leash
    daemon = spawnDaemon(launcher, [...own, command, ...args], options)
    return daemon
  }

  async startRedis(options: RedisServerOptions): Promise<RedisServer> {
    const server = await RedisServer.prepare({ ...options, launcher: leash, directory: this.directory() })
    this.onEnd(() => server.end())
    await server.start()
    return server
  }

  /** @throws whatever did not end first, when all else has */
  async close(): Promise<void> {
    this.#isClosed = true
    const errors: unknown[] = []
    for (let last = this.#ends.pop(); last !== undefined; last = this.#ends.pop()) {
      try {
        await last()
      } catch (error) {
        errors.push(error)
      }
    }
    open.delete(this)
    if (errors.length > 0) throw errors[0]
  }
}

/** One for all that this process makes. */
function labDirectory(): string {
  const path = join(tmpdir(), `${mark}${process.pid}`)
  mkdirSync(path, { recursive: true })
  return path
}

/** When all stories have ended. */
export function removeLabDirectory(): void {
  rmSync(labDirectory(), { recursive: true, force: true })
}
