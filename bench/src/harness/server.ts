import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'

/** A server in a process of its own. */
export interface Server {
  readonly pid: number
  readonly port: number
  /** How long its start took, ms: from the order until it answers. */
  readonly startedInMs: number
  end(): Promise<void>
}

/** Starts a program that listens on a port, and waits until the path answers 200. */
export async function startServer(
  command: readonly string[],
  { port, path }: { port: number; path: string },
  withinMs = 60_000,
): Promise<Server> {
  const [program = '', ...args] = command
  const beganMs = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaints = ''
  child.stderr.on('data', chunk => {
    complaints += String(chunk)
  })
  while (!(await answers(`http://127.0.0.1:${port}${path}`))) {
    if (hasEnded(child)) throw new Error(`${command.join(' ')} ended:\n${complaints}`)
    if (performance.now() - beganMs > withinMs) {
      await stop(child)
      throw new Error(`${command.join(' ')} does not answer:\n${complaints}`)
    }
  }
  return {
    pid: child.pid ?? 0,
    port,
    startedInMs: performance.now() - beganMs,
    end: () => stop(child),
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url)
    await response.arrayBuffer()
    return response.ok
  } catch {
    await new Promise(resolve => setTimeout(resolve, 5))
    return false
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** It is asked first: a supervisor ends its workers. */
async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const impatience = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(impatience)
}

/** A process and its children, as far as they live. */
export function processTree(pid: number): readonly number[] {
  const children = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(name => parentOf(name) === pid)
  return [pid, ...children.map(Number)]
}

function parentOf(pid: string): number | undefined {
  const fields = statOf(pid)
  return fields === undefined ? undefined : Number(fields[1])
}

/** Resident memory of these processes together, bytes. */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + residentOf(pid), 0)
}

function residentOf(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0
  }
}

/** The processor time that these processes have used together, ms. */
export function processorMs(pids: readonly number[]): number {
  // The kernel counts in hundredths of a second.
  return pids.reduce((sum, pid) => {
    const fields = statOf(String(pid))
    return sum + (Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0)) * 10
  }, 0)
}

/** What `/proc/PID/stat` says behind the program's name: the state, the parent, ... */
function statOf(pid: string): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
