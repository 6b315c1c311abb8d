import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Daemon, type DaemonOptions, end, spawnDaemon } from './daemons.ts'

export { type Daemon, end, eventually, freePort, freeUdpPort } from './daemons.ts'

/** A directory that is gone when the test has finished. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'skewproof-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Starts a program that ends with the test at the latest. */
export function startDaemon(command: string, args: readonly string[], options: DaemonOptions): Daemon {
  const daemon = spawnDaemon(command, args, options)
  onTestFinished(() => end(daemon.process))
  return daemon
}
