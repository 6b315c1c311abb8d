import process from 'node:process'
import type { Command } from 'commander'
import { type BoundedClock, isReliable, systemHostClock } from 'skewproof'
import { parseDurationMs } from 'skewproof/time'
import { addSettings, type Setting } from '../configuration.ts'
import { openHostClock, sourceSetting } from '../host-clock.ts'
import { isAlarming } from '../probe/finding.ts'
import { probeAll, referenceOf } from '../probe/probe.ts'
import { renderFindings } from '../probe/render.ts'
import { parseTarget } from '../probe/target.ts'
import { UsageError } from '../usage-error.ts'
import { seconds, wholeNumber } from './option-values.ts'
import { print } from './output.ts'

const settings: readonly Setting[] = [
  sourceSetting,
  {
    flags: '--threshold <duration>',
    description: 'a host that is certainly further off is a finding',
    default: '500ms',
  },
  {
    flags: '--timeout <seconds>',
    description: 'how long to wait for a host',
    default: 5,
    parse: seconds,
  },
  {
    flags: '--concurrency <number>',
    description: 'how many hosts are asked at once',
    default: 16,
    parse: wholeNumber(1, 1000),
  },
]

interface ProbeCommandOptions {
  readonly source: readonly string[]
  readonly threshold: string
  readonly timeout: number
  readonly concurrency: number
  readonly json?: boolean
}

export function probeCommand(program: Command): void {
  const command = program
    .command('probe')
    .description('how far the clocks of other hosts are off')
    .argument('<url...>', 'https://HOST[/clock], http://..., or a time source such as sntp:HOST')
  addSettings(command, settings).option('--json', 'print JSON').action(probeHosts)
}

async function probeHosts(urls: readonly string[], options: ProbeCommandOptions): Promise<void> {
  const targets = urls.map(parseTarget)
  const thresholdMs = parseDurationMs('threshold', options.threshold)
  const clock = await openHostClock(options.source)
  try {
    requireNamedSources(clock, options.source)
    const findings = await probeAll(targets, {
      clock,
      host: systemHostClock,
      thresholdMs,
      timeoutMs: options.timeout * 1000,
      concurrency: options.concurrency,
      onProgress: progressOn(process.stderr, targets.length),
    })
    print(options.json, findings, renderFindings(findings, referenceOf(clock), clock.now().errorMs))
    if (findings.some(isAlarming)) process.exitCode = 1
  } finally {
    clock.close()
  }
}

/** Whoever names sources wants offsets from true time, and must not be given others instead. */
function requireNamedSources(clock: BoundedClock, names: readonly string[]): void {
  if (isReliable(clock.now()) || names.length === 0 || clock.sources.length === 0) return
  const errors = clock.sources.map(({ name, status, lastError }) => `${name} is ${lastError ?? status}`)
  throw new UsageError(`--source: nothing says what time it is (${errors.join('; ')})`)
}

/** A line that is written over, for somebody who watches. */
function progressOn(stream: NodeJS.WriteStream, total: number): (done: number) => void {
  if (!stream.isTTY || total === 1) return () => {}
  return done => {
    stream.write(done === total ? '\r\x1b[K' : `\r${done} of ${total} hosts`)
  }
}
