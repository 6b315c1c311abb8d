import { formatInstant } from 'skewproof'
import { table } from '../commands/output.ts'
import { formatMs, formatOffset } from './format.ts'
import type { ClockReport, SourceReport } from './report.ts'

/** As `chronyc sources` marks them. */
const marks: Readonly<Record<SourceReport['status'], string>> = {
  selected: '*',
  falseticker: 'x',
  undecidable: '~',
  refused: '!',
  unreachable: '?',
  pending: ' ',
}

/** The reading, the wall clock, and every source in a table. */
export function renderClock(report: ClockReport): string {
  return [renderReading(report), '', renderSources(report.sources), ...explainUnknown(report)].join('\n')
}

/** Why nothing is known although something has answered. */
function explainUnknown({ status, sources }: ClockReport): string[] {
  const answering = sources.filter(source => source.errorMs !== null)
  if (status !== 'unsynchronized' || answering.length === 0) return []
  if (sources.some(source => source.status === 'undecidable'))
    return ['', 'They contradict each other, and none has a majority: add sources.']
  if (sources.some(source => source.status === 'refused'))
    return ['', 'They agree on a correction that is too large to be made on the word of so few: add sources.']
  if (answering.every(source => source.status === 'selected'))
    return ['', 'They agree, but within a bound that is too large to be of use (1 s): add a closer source.']
  return ['', `${answering.length} of ${sources.length} sources have answered, which is no majority yet.`]
}

export function renderReading({ timeMs, errorMs, status, wallOffsetMs }: ClockReport): string {
  const bound = errorMs === null ? 'unknown' : `within ${formatMs(errorMs)}`
  return [
    `time        ${formatInstant(timeMs)}  (${bound})`,
    `status      ${status}`,
    `wall clock  ${describeWallClock(wallOffsetMs, errorMs)}`,
  ].join('\n')
}

/** One line, for output that is not a terminal's. */
export function renderLine({ timeMs, errorMs, status, wallOffsetMs }: ClockReport): string {
  const bound = errorMs === null ? '-' : formatMs(errorMs)
  const offset = wallOffsetMs === null ? '-' : formatOffset(wallOffsetMs)
  return `${formatInstant(timeMs)}  ${status}  offset ${offset}  bound ${bound}`
}

function describeWallClock(wallOffsetMs: number | null, errorMs: number | null): string {
  if (wallOffsetMs === null || errorMs === null) return 'nothing is known of how wrong it is'
  const side = wallOffsetMs > 0 ? 'ahead' : 'behind'
  const certainly = Math.abs(wallOffsetMs) > errorMs ? '' : ', which is within the bound'
  return `${formatMs(Math.abs(wallOffsetMs))} ${side}${certainly}`
}

export function renderSources(sources: readonly SourceReport[]): string {
  if (sources.length === 0) {
    return 'No time source. Run chronyd on this host, or name one with --source.'
  }
  return table([
    ['  source', 'status', 'offset', 'bound', 'age', 'errors'],
    ...sources.map(source => [
      `${marks[source.status]} ${source.name}`,
      source.status,
      source.offsetMs === null ? '-' : formatOffset(source.offsetMs),
      source.errorMs === null ? '-' : formatMs(source.errorMs),
      source.ageMs === null ? '-' : formatMs(source.ageMs),
      describeErrors(source),
    ]),
  ])
}

function describeErrors({ errors, lastError }: SourceReport): string {
  const counts = Object.entries(errors).map(([reason, count]) => `${reason} ${count}`)
  return [...counts, ...(lastError === null ? [] : [`(${lastError})`])].join(' ')
}
