import process from 'node:process'
import type { Command } from 'commander'
import { type BoundedClock, isReliable } from 'skewproof'
import { type PlotPoint, renderPlot } from '../clock/plot.ts'
import { renderClock, renderLine } from '../clock/render.ts'
import { type ClockReport, reportClock } from '../clock/report.ts'
import { addSettings } from '../configuration.ts'
import { openHostClock, sourceSetting } from '../host-clock.ts'
import { printable, printableJson } from '../printable.ts'
import { print } from './output.ts'
import { screen, watch } from './watch.ts'

interface ClockOptions {
  readonly source: readonly string[]
  readonly watch?: boolean
  readonly json?: boolean
}

const plotHeight = 9
/** Where the terminal does not say how wide it is. */
const usualWidth = 80
/** As many seconds as a wide terminal has columns. */
const keptPoints = 500

export function clockCommand(program: Command): void {
  const command = program
    .command('clock')
    .description("this host's time with its bound, how wrong its wall clock is, and every source")
  addSettings(command, [sourceSetting])
    .option('--watch', 'go on, once a second, until interrupted')
    .option('--json', 'print JSON; with --watch, one document a line')
    .action(showClock)
}

async function showClock({ source, watch, json }: ClockOptions): Promise<void> {
  const clock = await openHostClock(source)
  try {
    if (watch === true) {
      await watchClock(clock, json === true)
    } else {
      const report = reportClock(clock)
      print(json, report, renderClock(report))
    }
    if (!isReliable(clock.now())) process.exitCode = 1
  } finally {
    clock.close()
  }
}

async function watchClock(clock: BoundedClock, isJson: boolean): Promise<void> {
  const show = isJson ? showJson : process.stdout.isTTY ? showScreen([]) : showLine
  await watch(() => show(reportClock(clock)))
}

function showJson(report: ClockReport): void {
  process.stdout.write(`${printableJson(report)}\n`)
}

function showLine(report: ClockReport): void {
  process.stdout.write(`${printable(renderLine(report))}\n`)
}

function showScreen(points: PlotPoint[]): (report: ClockReport) => void {
  const draw = screen()
  return report => {
    const { wallOffsetMs, errorMs } = report
    points.push(wallOffsetMs === null || errorMs === null ? undefined : { offsetMs: wallOffsetMs, errorMs })
    if (points.length > keptPoints) points.shift()
    const plot = renderPlot(points, { width: process.stdout.columns || usualWidth, height: plotHeight })
    draw(`${renderClock(report)}\n\nwall clock minus true time\n${plot}`)
  }
}
