import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { atEnd, end } from '../../../../test/support/processes.ts'

export {
  atEnd,
  end,
  eventually,
  forAllTests,
  freePort,
  temporaryDirectory,
} from '../../../../test/support/processes.ts'

export const bin: string = fileURLToPath(new URL('../../bin/skewproof.js', import.meta.url))

/** What a program printed, and how it ended. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts a program of Node that ends then at the latest (`atEnd`). */
export function startNode(
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd: options.cwd,
    env: { ...environmentOfCommands(), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  atEnd(() => end(child))
  return child
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

/** Without what would configure the command, or colour its output. */
export function environmentOfCommands(): NodeJS.ProcessEnv {
  const isForeign = ([name]: [string, string | undefined]) =>
    !name.startsWith('SKEWPROOF_') && !['NODE_OPTIONS', 'FORCE_COLOR', 'VITEST'].includes(name)
  // What time daemon this machine runs must not decide a test.
  return { ...Object.fromEntries(Object.entries(process.env).filter(isForeign)), SKEWPROOF_SOURCE: 'none' }
}
