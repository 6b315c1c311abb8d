import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { systemFile } from '../../scripts/lib/system-packages.mjs'

const source = fileURLToPath(new URL('clock-shim.c', import.meta.url))
const cache = fileURLToPath(new URL('../../node_modules/.cache/clock-shim', import.meta.url))

/** Compiles the shim once for each version of its source. */
function compiledShim(): string {
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16)
  const library = join(cache, `${digest}.so`)
  if (existsSync(library)) return library
  systemFile('libc6-dev')
  mkdirSync(cache, { recursive: true })
  const own = `${library}.${process.pid}`
  execFileSync(systemFile('gcc'), ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', own, source])
  // Others may be compiling it too; each of the results is good.
  renameSync(own, library)
  return library
}

/** The wall clock of a daemon, wrong by as much as a test says, also while the daemon runs. */
export class ShimmedClock {
  /** For the daemon to be started with. */
  readonly environment: NodeJS.ProcessEnv
  readonly #path: string

  /** @param directory where it keeps its file */
  constructor(directory: string, offsetMs = 0) {
    this.#path = join(directory, 'clock-shim')
    this.environment = { LD_PRELOAD: compiledShim(), CLOCK_SHIM: this.#path }
    this.set(offsetMs)
  }

  /** From now on it is off by so much, and drifts. */
  set(offsetMs: number, driftPpm = 0): void {
    const nanoseconds = [offsetMs * 1e6, driftPpm * 1000].map(value => BigInt(Math.round(value)))
    const fields = BigInt64Array.from([...nanoseconds, process.hrtime.bigint()])
    // In place: the daemon has the file mapped.
    const file = openSync(this.#path, existsSync(this.#path) ? 'r+' : 'w')
    writeSync(file, new Uint8Array(fields.buffer), 0, fields.byteLength, 0)
    closeSync(file)
  }
}
