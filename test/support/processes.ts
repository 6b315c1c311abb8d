import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Daemon, type DaemonOptions, end, spawnDaemon } from './daemons.ts'

export { type Daemon, end, eventually, freePort, freeUdpPort } from './daemons.ts'

/** Ends what is being made for all tests of a group. */
let endsOfGroup: (() => unknown)[] | undefined

/** Does something when the test has finished; of what `forAllTests` makes, when the last one has. */
export function atEnd(action: () => unknown): void {
  if (endsOfGroup === undefined) onTestFinished(async () => void (await action()))
  else endsOfGroup.push(action)
}

/** For `beforeAll`: what is started in it serves all tests of the group, and ends after them. */
export function forAllTests(make: () => Promise<void>): () => Promise<() => Promise<void>> {
  return async () => {
    const ends: (() => unknown)[] = []
    const endAll = async () => {
      for (const end of ends.reverse()) await end()
    }
    endsOfGroup = ends
    try {
      await make()
    } catch (error) {
      await endAll()
      throw error
    } finally {
      endsOfGroup = undefined
    }
    return endAll
  }
}

/** A directory that is gone in the end (`atEnd`). */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'skewproof-'))
  atEnd(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Starts a program that ends then at the latest (`atEnd`). */
export function startDaemon(command: string, args: readonly string[], options: DaemonOptions): Daemon {
  const daemon = spawnDaemon(command, args, options)
  atEnd(() => end(daemon.process))
  return daemon
}
