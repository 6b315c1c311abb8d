import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { promisify } from 'node:util'
import { SourceError } from '../clock/source.ts'

const execute = promisify(execFile)

/** Where packages put programs. The PATH is not looked at: whoever can set that could have any program run. */
const folders = ['/usr/bin', '/usr/local/bin', '/bin', '/opt/homebrew/bin']

/** The programs that are asked for the time print a tenth of it. */
const maxOutputBytes = 100_000

/**
 * Runs a program, without a shell and with an empty environment, and gives what it prints.
 *
 * @param program its absolute path, or its name: it is then searched where packages put it
 * @throws SourceError `unreachable` when it is not there or fails, or what `signal` was aborted with
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const path = program.startsWith('/') ? program : await find(program)
  signal.throwIfAborted()
  const running = execute(path, args, {
    cwd: '/',
    env: {},
    killSignal: 'SIGKILL',
    maxBuffer: maxOutputBytes,
  })
  // The option `signal` of `execFile` would send SIGTERM, whatever `killSignal` says: that can be ignored.
  const kill = (): void => void running.child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  try {
    const { stdout } = await running
    return stdout
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw new SourceError('unreachable', `${path}: ${describeFailure(error)}`, { cause: error })
  } finally {
    signal.removeEventListener('abort', kill)
  }
}

async function find(name: string): Promise<string> {
  for (const folder of folders) {
    const path = `${folder}/${name}`
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  throw new SourceError('unreachable', `${name} is not installed`)
}

/** What it printed, on one line; else what kept it from running. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  if ('code' in error && typeof error.code === 'string') return error.code
  const printed = ['stderr', 'stdout'].map(stream => String(Reflect.get(error, stream) ?? '')).join(' ')
  return (
    printed
      .replaceAll(/[^\x21-\x7e]+/g, ' ')
      .trim()
      .slice(0, 200) || 'failed'
  )
}
