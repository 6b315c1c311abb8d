import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'

/** A program that runs until somebody ends it. */
export interface Daemon {
  readonly process: ChildProcess
  /** What it has printed so far. */
  output(): string
}

export interface DaemonOptions {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
}

/** Starts a program, whose end is its starter's to see to. */
export function spawnDaemon(command: string, args: readonly string[], options: DaemonOptions): Daemon {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: string[] = []
  child.stdout.on('data', chunk => void chunks.push(String(chunk)))
  child.stderr.on('data', chunk => void chunks.push(String(chunk)))
  child.on('error', error => void chunks.push(error.message))
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

/** Below those that the system gives to whoever asks for any: between being found and being used, none of these is given away. */
const [lowestPort, highestPort] = [20_000, 32_000]

/** A port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowestPort, highestPort)
    const server = createServer()
    const isFree = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (isFree) return port
  }
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

/** Between two attempts, ms: little at first, and more on a machine that is busy. */
const [shortestPauseMs, longestPauseMs] = [20, 200]

/** Waits until it does not throw any more; the last error counts. */
export async function eventually<T>(attempt: () => Promise<T>, withinMs = 30_000): Promise<T> {
  const deadline = performance.now() + withinMs
  for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.2)) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise(resolve => setTimeout(resolve, pauseMs))
    }
  }
}
