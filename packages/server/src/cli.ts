import { Command, CommanderError } from 'commander'
import { UnknownKeyError } from './configuration.ts'
import { version } from './version.ts'

/** Gives what adds a command to the program. */
type LoadCommand = () => Promise<(program: Command) => void>

/** In the order in which the help lists them. */
const commands: ReadonlyMap<string, LoadCommand> = new Map([
  ['serve', async () => (await import('./commands/serve.ts')).serveCommand],
  ['token', async () => (await import('./commands/token.ts')).tokenCommand],
  ['explain', async () => (await import('./commands/explain.ts')).explainCommand],
  ['keys', async () => (await import('./commands/keys.ts')).keysCommand],
  ['clock', async () => (await import('./commands/clock.ts')).clockCommand],
  ['fleet', async () => (await import('./commands/fleet.ts')).fleetCommand],
  ['agent', async () => (await import('./commands/agent.ts')).agentCommand],
  ['probe', async () => (await import('./commands/probe.ts')).probeCommand],
  ['doctor', async () => (await import('./commands/doctor.ts')).doctorCommand],
  ['simulate', async () => (await import('./commands/simulate.ts')).simulateCommand],
])

/** Good, a finding, wrong use. */
const exitWrongUse = 2

/** The command `skewproof`; sets the exit code. */
export async function run(argv: readonly string[]): Promise<void> {
  outliveItsReader(process.stdout)
  try {
    await runCommand(argv)
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

/** Loads only the command that is asked for, where it is known: to load all of them takes longer than most of them run. */
async function runCommand(argv: readonly string[]): Promise<void> {
  const load = commands.get(argv[2] ?? '')
  const all = [...commands.values()]
  try {
    await parse(argv, load === undefined ? all : [load])
  } catch (error) {
    // The configuration file serves all commands: the key may be another's.
    if (!(error instanceof UnknownKeyError)) throw error
    await parse(argv, all)
  }
}

async function parse(argv: readonly string[], loads: Iterable<LoadCommand>): Promise<void> {
  const program = new Command('skewproof')
    .description('Tokens that stay valid when servers disagree on what time it is.')
    .version(version)
    .showHelpAfterError('(see --help)')
    .enablePositionalOptions()
  for (const load of loads) (await load())(program)
  exitOverride(program)
  await program.parseAsync(argv)
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
