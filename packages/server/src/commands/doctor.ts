import type { Command } from 'commander'
import { systemHostClock } from 'skewproof'
import { addSettings, type Setting } from '../configuration.ts'
import { reportOf } from '../doctor/check.ts'
import type { DoctorSettings } from '../doctor/checklist.ts'
import { runGroups } from '../doctor/group.ts'
import { renderReport } from '../doctor/render.ts'
import { sourceSetting } from '../host-clock.ts'
import { printableJson } from '../printable.ts'
import { redisAccessSettings } from '../redis-access.ts'
import { seconds } from './option-values.ts'

const settings: readonly Setting[] = [
  { ...sourceSetting, defaultMeaning: 'the time daemon that runs here' },
  {
    flags: '--clock-tolerance <duration>',
    description: 'the tolerance to judge: auto, or a duration',
    default: 'auto',
  },
  {
    flags: '--redis <url>',
    description: 'the Redis to examine as well: redis[s]://[[user]:password@]host[:port]',
  },
  ...redisAccessSettings,
  { flags: '--url <url>', description: 'the service to examine as well' },
  {
    flags: '--credentials <file>',
    description: "a client's credentials, to ask the service for a token with",
  },
  { flags: '--project <folder>', description: 'the JavaScript or TypeScript project to examine as well' },
  {
    flags: '--timeout <seconds>',
    description: 'how long all checks may take together',
    default: 10,
    parse: seconds,
  },
]

type DoctorOptions = DoctorSettings & { readonly timeout: number; readonly json?: boolean }

export function doctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description('what is wrong with time on this host, and how to mend it')
  addSettings(command, settings).option('--json', 'print JSON').action(examine)
}

async function examine(options: DoctorOptions): Promise<void> {
  // Loaded here, so that the other commands do not wait for it.
  const { checkGroups } = await import('../doctor/checklist.ts')
  const machine = { platform: process.platform, root: '/', env: process.env }
  const groups = checkGroups(options, machine, systemHostClock)
  const report = reportOf(await runGroups(groups, options.timeout * 1000))
  const text = options.json === true ? printableJson(report, 2) : renderReport(report, hasColour())
  if (!report.ok) process.exitCode = 1
  // What has not kept its deadline must not keep the process, for which a container's runtime waits.
  process.stdout.write(`${text}\n`, () => process.exit())
}

/** https://no-color.org */
function hasColour(): boolean {
  const { NO_COLOR: noColour, TERM: terminal } = process.env
  return process.stdout.isTTY && (noColour ?? '') === '' && terminal !== 'dumb'
}
