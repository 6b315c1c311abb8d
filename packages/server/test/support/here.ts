import { once } from 'node:events'
import { Writable } from 'node:stream'
import { vi } from 'vitest'
import { run } from '../../src/cli.ts'
import { environmentOfCommands, type Finished } from './processes.ts'

/**
 * Runs the command in this process, which spares the start of another. For tables of what it says, of which some case is run
 * by `runCommand` as well; not for what ends by a signal, is killed, or has a clock of its own.
 */
export async function runHere(
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<Finished> {
  const { env, exitCode } = process
  const [cwd, stdout, stderr] = [process.cwd(), takeOver('stdout'), takeOver('stderr')]
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never)
  process.env = { ...environmentOfCommands(), ...options.env }
  process.exitCode = 0
  process.chdir(options.cwd)
  try {
    await run([process.execPath, 'skewproof', ...args])
    const code = Number(process.exitCode)
    return { code, stdout: await stdout.end(), stderr: await stderr.end() }
  } finally {
    process.chdir(cwd)
    process.exitCode = exitCode
    process.env = env
    for (const replaced of [exit, stdout, stderr]) replaced.mockRestore()
  }
}

/** Collects what this process writes to a stream, until it is given back. */
function takeOver(name: 'stdout' | 'stderr') {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  const getter = vi.spyOn(process, name, 'get').mockReturnValue(stream as NodeJS.WriteStream & { fd: 1 })
  return {
    /** All that was written. */
    end: async () => {
      stream.end()
      await once(stream, 'finish')
      return text
    },
    mockRestore: () => getter.mockRestore(),
  }
}
