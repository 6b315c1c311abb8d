import { runProgram } from '../program.ts'

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
export function runChronyc(
  { chronyc = 'chronyc', socket }: ChronycOptions,
  commands: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const address = socket === undefined ? [] : ['-h', socket]
  return runProgram(chronyc, ['-n', '-c', ...address, '-m', ...commands], signal)
}
