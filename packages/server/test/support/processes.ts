import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export const bin: string = fileURLToPath(new URL('../../bin/skewproof.js', import.meta.url))

/** What a program printed, and how it ended. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A directory that is gone when the test has finished. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'skewproof-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

/** Starts a program of Node that ends with the test at the latest. */
export function startNode(
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd: options.cwd,
    env: { ...cleanEnvironment(), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  onTestFinished(() => end(child))
  return child
}

/** Ends a program at once, and takes away what libfaketime leaves of it. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  for (const name of [`faketime_shm_${child.pid}`, `sem.faketime_sem_${child.pid}`]) {
    rmSync(join('/dev/shm', name), { force: true })
  }
}

/** Runs a program to its end. */
export async function runNode(
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv; input?: string },
): Promise<Finished> {
  const child = startNode(args, options)
  const output = { stdout: '', stderr: '' }
  child.stdout?.on('data', chunk => {
    output.stdout += String(chunk)
  })
  child.stderr?.on('data', chunk => {
    output.stderr += String(chunk)
  })
  child.stdin?.end(options.input ?? '')
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...output }
}

/** Waits until it does not throw any more; the last error counts. */
export async function eventually<T>(attempt: () => Promise<T>, withinMs = 30_000): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}

/** Without what would configure the command, or colour its output. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const isForeign = ([name]: [string, string | undefined]) =>
    !name.startsWith('SKEWPROOF_') && !['NODE_OPTIONS', 'FORCE_COLOR', 'VITEST'].includes(name)
  return Object.fromEntries(Object.entries(process.env).filter(isForeign))
}
