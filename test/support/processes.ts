import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { onTestFinished } from 'vitest'

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

/** A UDP port of loopback that was free a moment ago. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

/** A daemon that a test has started. */
export interface Daemon {
  readonly process: ChildProcess
  /** What it has printed so far. */
  output(): string
}

/** Starts a program that ends with the test at the latest. */
export function startDaemon(
  command: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): Daemon {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: string[] = []
  child.stdout.on('data', chunk => void chunks.push(String(chunk)))
  child.stderr.on('data', chunk => void chunks.push(String(chunk)))
  child.on('error', error => void chunks.push(error.message))
  onTestFinished(() => end(child))
  return { process: child, output: () => chunks.join('') }
}

/** Ends a program at once, and takes away what libfaketime leaves of it. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  for (const name of [`faketime_shm_${child.pid}`, `sem.faketime_sem_${child.pid}`]) {
    rmSync(join('/dev/shm', name), { force: true })
  }
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
