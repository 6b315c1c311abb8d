import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { systemHostClock } from 'skewproof'
import { maxServers, readScenario, type Scenario, simulate } from 'skewproof/simulator'
import { formatDuration, parseDurationMs } from 'skewproof/time'
import { addSettings, type Setting } from '../configuration.ts'
import { renderPage } from '../simulate/page.ts'
import { readScenarioFile } from '../simulate/read-file.ts'
import { renderSimulation } from '../simulate/render.ts'
import { sweep } from '../simulate/sweep.ts'
import { UsageError } from '../usage-error.ts'
import { wholeNumber } from './option-values.ts'
import { print } from './output.ts'

const settings: readonly Setting[] = [
  { flags: '--scenario <file>', description: 'a scenario in YAML or JSON (docs/simulator.md)' },
  {
    flags: '--servers <number>',
    description: 'without a scenario: how many servers there are',
    default: 5,
    parse: wholeNumber(1, maxServers),
  },
  {
    flags: '--skew <duration>',
    description: 'without a scenario: four of five wall clocks are off by up to this, either way',
    default: '3m',
  },
  {
    flags: '--duration <duration>',
    description: 'without a scenario: how much time is simulated',
    default: '30m',
  },
  {
    flags: '--seed <number>',
    description: 'another seed, another run',
    parse: wholeNumber(0, 4_294_967_295),
  },
]

interface SimulateOptions {
  readonly scenario?: string
  readonly servers: number
  readonly skew: string
  readonly duration: string
  readonly seed?: number
  readonly html?: string
  readonly json?: boolean
}

export function simulateCommand(program: Command): void {
  const command = program
    .command('simulate')
    .description('what servers with wrong clocks do to tokens, under several policies')
  addSettings(command, settings)
    .option('--html <file>', 'write a page with plots over the skew')
    .option('--json', 'print JSON')
    .action(runSimulation)
}

function runSimulation(options: SimulateOptions): void {
  const scenario = scenarioOf(options)
  const startedMs = systemHostClock.monotonicMs()
  const result = simulate(scenario)
  const tookMs = systemHostClock.monotonicMs() - startedMs
  if (options.html !== undefined)
    writePage(options.html, renderPage(scenario, result, sweep(scenario, result)))
  print(options.json, result, renderSimulation(result, scenario.title, tookMs))
}

function scenarioOf({ scenario: path, servers, skew, duration, seed }: SimulateOptions): Scenario {
  const scenario =
    path === undefined
      ? plainScenario(
          servers,
          parseDurationMs('skew', skew),
          parseDurationMs('duration', duration, { minMs: 1000 }),
        )
      : readScenarioFile(path)
  return seed === undefined ? scenario : { ...scenario, seed }
}

/** One server of five has a time daemon that answers; the wall clocks of the others are anywhere within the skew. */
function plainScenario(servers: number, skewMs: number, durationMs: number): Scenario {
  const good = Math.ceil(servers / 5)
  const wrong = { clock: { offsetWithinSeconds: skewMs / 1000 }, ntp: 'dead' }
  return readScenario({
    name: 'skew',
    title: `${servers} servers, ${servers - good} of them with clocks up to ${formatDuration(skewMs)} off`,
    durationSeconds: durationMs / 1000,
    servers: [{ count: good }, ...(servers > good ? [{ ...wrong, count: servers - good }] : [])],
    tokens: [
      { lifetimeSeconds: 60, notBefore: false },
      { lifetimeSeconds: 900, notBefore: true },
    ],
    traffic: {
      loginsPerSecond: 2,
      secondsBetweenUses: 20,
      presentedForSeconds: 1200,
      revokedShare: 0.1,
      revokedAfterSeconds: 120,
    },
  })
}

function writePage(path: string, page: string): void {
  try {
    writeFileSync(path, page)
  } catch (error) {
    throw new UsageError(`--html: ${path} cannot be written: ${(error as Error).message}`)
  }
}
