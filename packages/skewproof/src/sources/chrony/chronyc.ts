import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { promisify } from 'node:util'
import { SourceError } from '../../clock/source.ts'

const execute = promisify(execFile)

/** Where packages put it. The PATH is not looked at: whoever can set that could have any program run. */
const locations = ['/usr/bin/chronyc', '/usr/local/bin/chronyc', '/bin/chronyc', '/opt/homebrew/bin/chronyc']

/** 64 sources and their statistics take a tenth of it. */
const maxOutputBytes = 100_000

export interface ChronycOptions {
  /** An absolute path; otherwise it is searched where packages put it. */
  readonly chronyc: string | undefined
  /** Of chronyd; otherwise where chronyc expects it. */
  readonly socket: string | undefined
}

/**
 * Runs chronyc, which reaches chronyd through its Unix socket as well, and gives what it prints.
 *
 * @throws SourceError when it is not there or fails, or what `signal` was aborted with
 */
export async function runChronyc(
  { chronyc, socket }: ChronycOptions,
  commands: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const path = chronyc ?? (await findChronyc())
  const address = socket === undefined ? [] : ['-h', socket]
  try {
    const { stdout } = await execute(path, ['-n', '-c', ...address, '-m', ...commands], {
      cwd: '/',
      env: {},
      signal,
      killSignal: 'SIGKILL',
      maxBuffer: maxOutputBytes,
    })
    return stdout
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw new SourceError('unreachable', `${path}: ${describeFailure(error)}`, { cause: error })
  }
}

async function findChronyc(): Promise<string> {
  for (const path of locations) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  throw new SourceError('unreachable', 'chronyc is not installed')
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
