import { Command, CommanderError } from 'commander'
import { agentCommand } from './commands/agent.ts'
import { clockCommand } from './commands/clock.ts'
import { doctorCommand } from './commands/doctor.ts'
import { explainCommand } from './commands/explain.ts'
import { fleetCommand } from './commands/fleet.ts'
import { keysCommand } from './commands/keys.ts'
import { probeCommand } from './commands/probe.ts'
import { serveCommand } from './commands/serve.ts'
import { simulateCommand } from './commands/simulate.ts'
import { tokenCommand } from './commands/token.ts'
import { version } from './version.ts'

/** Good, a finding, wrong use. */
const exitWrongUse = 2

/** The command `skewproof`; sets the exit code. */
export async function run(argv: readonly string[]): Promise<void> {
  outliveItsReader(process.stdout)
  const program = new Command('skewproof')
    .description('Tokens that stay valid when servers disagree on what time it is.')
    .version(version)
    .showHelpAfterError('(see --help)')
    .enablePositionalOptions()
  serveCommand(program)
  tokenCommand(program)
  explainCommand(program)
  keysCommand(program)
  clockCommand(program)
  fleetCommand(program)
  agentCommand(program)
  probeCommand(program)
  doctorCommand(program)
  simulateCommand(program)
  exitOverride(program)
  try {
    await program.parseAsync(argv)
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said it already.
      process.exitCode = error.exitCode === 0 ? 0 : exitWrongUse
      return
    }
    process.stderr.write(`skewproof: ${oneLine(describeError(error))}\n`)
    process.exitCode = exitWrongUse
  }
}

/** Whoever reads the output may have had enough, as `head` has: that is no error, and no reason for a service to end. */
function outliveItsReader(output: NodeJS.WriteStream): void {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

function exitOverride(command: Command): void {
  command.exitOverride()
  for (const child of command.commands) exitOverride(child)
}

/** Some of what a message quotes was written by others, and terminals obey control characters. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}

/** Errors that say what the user has to change; the message is for them. */
const userErrors: readonly unknown[] = [
  'ERR_USAGE',
  'ERR_OPTION',
  'ERR_KEY',
  'ERR_STORE_OPEN',
  'ERR_STORE_UNAVAILABLE',
]

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `unexpected: ${String(error)}`
  return 'code' in error && userErrors.includes(error.code) ? error.message : `unexpected: ${error.message}`
}
