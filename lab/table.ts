import { formatDuration } from 'skewproof/time'
import { comparisonHead, comparisonRows, comparisonSummary } from './comparison-table.ts'
import {
  busyWarning,
  disagreements,
  formatPercent,
  type Headline,
  headlines,
  isBusy,
  losses,
} from './headline.ts'
import type { LabReport } from './lab.ts'

/** The columns that people compare, of each policy over all stories. */
export const columns: readonly (readonly [title: string, cell: (line: Headline) => string])[] = [
  ['', ({ title }) => title],
  ['fresh refused', ({ freshRefused, freshRequests }) => share(freshRefused, freshRequests)],
  ['expired accepted', expiredCell],
  ['at most after', ({ expiredAccepted, maxLateMs }) => longest(expiredAccepted, maxLateMs)],
  ['revoked accepted', ({ revokedAccepted, revokedRequests }) => share(revokedAccepted, revokedRequests)],
  ['at most after', ({ revokedAccepted, maxRevokedMs }) => longest(revokedAccepted, maxRevokedMs)],
  ['named who is wrong', ({ rightlyNamed, stories }) => `${rightlyNamed} of ${stories}`],
  ['median', ({ medianLatencyMs }) => `${medianLatencyMs.toFixed(1)} ms`],
  ['store commands per request', ({ commandsPerRequest }) => commandsPerRequest?.toFixed(1) ?? '-'],
  ['and idle, per second', ({ idleCommandsPerSecond }) => idleCommandsPerSecond?.toFixed(0) ?? '-'],
]

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : formatPercent(part / whole)
}

/** What lies within the bound that the decision itself states is said apart. */
function expiredCell({ name, expiredAccepted, expiredRequests, beyondBound }: Headline): string {
  const all = share(expiredAccepted, expiredRequests)
  return name === 'auto' && expiredAccepted > 0 ? `${all} (${beyondBound} beyond its bound)` : all
}

function longest(accepted: number, ms: number): string {
  return accepted === 0 ? '-' : formatDuration(ms)
}

/** Everything for a terminal. */
export function renderTable(report: LabReport): string {
  const lines = headlines(report)
  const table = alignColumns([
    columns.map(([title]) => title),
    ...lines.map(line => columns.map(([, cell]) => cell(line))),
  ])
  return [
    `${report.stories.length} stories in ${formatDuration(report.tookSeconds * 1000)}, all policies on the same traffic:`,
    '',
    ...table,
    ...(isBusy(report) ? ['', busyWarning] : []),
    ...section('Where Skewproof did worse than another', losses(report)),
    ...section('What a story did not expect', surprises(report)),
    '',
    'Against the simulator, on the same requests (99.99 %):',
    '',
    ...alignColumns([comparisonHead, ...comparisonRows(report)]),
    '',
    comparisonSummary(report),
    ...section('Where the simulator said something else', disagreements(report)),
    ...section(
      'Stories that could not be told',
      report.failures.map(({ name, reason }) => `${name}: ${reason.split('\n')[0]}`),
    ),
  ].join('\n')
}

function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const [head = []] = rows
  const widths = head.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

export function surprises({ stories }: LabReport): readonly string[] {
  return stories.flatMap(story =>
    story.policies.flatMap(policy => policy.surprises.map(text => `${story.name}, ${policy.name}: ${text}`)),
  )
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map(line => `  ${line}`)]
}
