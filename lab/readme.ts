import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../scripts/lib/root.mjs'
import { busyWarning, headlines, isBusy } from './headline.ts'
import type { LabReport } from './lab.ts'
import { drawPicture } from './report/picture.ts'
import { columns } from './table.ts'

const readmePath = join(root, 'README.md')
const picturePath = 'docs/images/lab.svg'
const [begin, end] = ['<!-- lab: written by npm run lab -- --readme -->', '<!-- /lab -->']

/**
 * Puts the table and the picture of a run into the README, between their marks.
 *
 * @throws Error when the run is not worth it
 */
export function updateReadme(report: LabReport): void {
  if (isBusy(report)) throw new Error(`the README is left as it is. ${busyWarning}`)
  writeFileSync(join(root, picturePath), drawPicture(report))
  const text = readFileSync(readmePath, 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the README has lost its marks ${begin} and ${end}`)
  writeFileSync(readmePath, `${text.slice(0, from)}${begin}\n${readmePart(report)}\n${text.slice(to)}`)
}

/** What stands between the marks. */
export function readmePart(report: LabReport): string {
  const requests = report.stories.reduce(
    (sum, { policies }) => sum + policies.reduce((own, policy) => own + policy.requests, 0),
    0,
  )
  const lines = [
    columns.map(([title]) => title),
    columns.map(() => '---'),
    ...headlines(report).map(line =>
      columns.map(([, cell]) => (line.name === 'auto' ? `**${cell(line)}**` : cell(line))),
    ),
  ]
  const rows = lines.map(cells => `| ${cells.join(' | ')} |`)
  return [
    `![Fresh tokens refused and expired tokens accepted under each policy](${picturePath})`,
    '',
    ...rows,
    '',
    `<sub>${report.isQuick ? 'A quick run' : 'A run'} of \`npm run lab\`, ${report.startedAt.slice(0, 10)}: ${report.stories.length} stories, ${requests.toLocaleString('en')} requests. [How it is measured](docs/lab.md).</sub>`,
  ].join('\n')
}
