import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Daemon, type DaemonOptions, end, spawnDaemon } from '../test/support/daemons.ts'

type End = () => unknown

const open = new Set<Scope>()

/** Ends what all stories have started: somebody wants the lab to stop. */
export async function endAllScopes(): Promise<void> {
  await Promise.all([...open].map(scope => scope.close()))
}

/** What a story has started, and how it ends: the last first, also when something fails. */
export class Scope {
  readonly #ends: End[] = []
  #isClosed = false

  constructor() {
    open.add(this)
  }

  /** What is started while all else ends already, ends at once. */
  onEnd(action: End): void {
    if (this.#isClosed) void action()
    else this.#ends.push(action)
  }

  directory(): string {
    const path = mkdtempSync(join(tmpdir(), 'skewproof-lab-'))
    this.onEnd(() => rmSync(path, { recursive: true, force: true }))
    return path
  }

  start(command: string, args: readonly string[], options: DaemonOptions): Daemon {
    const daemon = spawnDaemon(command, args, options)
    this.onEnd(() => end(daemon.process))
    return daemon
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (let last = this.#ends.pop(); last !== undefined; last = this.#ends.pop()) await last()
    open.delete(this)
  }
}
