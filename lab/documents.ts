import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../scripts/lib/root.mjs'
import { comparisonHead, comparisonRows, comparisonSummary } from './comparison-table.ts'
import { busyWarning, formatPercent, headlines, isBusy, isForeign } from './headline.ts'
import type { LabReport } from './lab.ts'
import { drawPicture } from './report/picture.ts'
import { columns } from './table.ts'

const picturePath = 'docs/images/lab.svg'

/** A page with a part that the lab writes, between two marks. */
export interface WrittenPart {
  readonly path: string
  readonly begin: string
  readonly end: string
  write(report: LabReport): string
}

export const writtenParts: readonly WrittenPart[] = [
  {
    path: 'README.md',
    begin: '<!-- lab: written by npm run lab -- --readme -->',
    end: '<!-- /lab -->',
    write: readmePart,
  },
  {
    path: 'docs/lab.md',
    begin: '<!-- comparison: written by npm run lab -- --readme -->',
    end: '<!-- /comparison -->',
    write: comparisonPart,
  },
]

/**
 * Puts what a run has found into the README and the page on the lab, between their marks, and draws the picture.
 *
 * @throws Error when the run is not worth it
 */
export function updateDocuments(report: LabReport): void {
  if (isBusy(report)) throw new Error(`README and docs/lab.md are left as they are. ${busyWarning}`)
  writeFileSync(join(root, picturePath), drawPicture(ofOwnTokens(report)))
  for (const { path, begin, end, write } of writtenParts) {
    const text = readFileSync(join(root, path), 'utf8')
    const [from, to] = [text.indexOf(begin), text.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`${path} has lost its marks ${begin} and ${end}`)
    writeFileSync(join(root, path), `${text.slice(0, from)}${begin}\n${write(report)}\n${text.slice(to)}`)
  }
}

/** An issuer outside of the fleet is another matter, and told apart. */
function ofOwnTokens(report: LabReport): LabReport {
  return { ...report, stories: report.stories.filter(story => !isForeign(story)) }
}

export function readmePart(report: LabReport): string {
  const own = ofOwnTokens(report)
  const cells = headlines(own).map(line =>
    columns.map(([, cell]) => (line.name === 'auto' ? `**${cell(line)}**` : cell(line))),
  )
  return [
    `![Fresh tokens refused and expired tokens accepted under each policy](${picturePath})`,
    '',
    ...markdownTable(
      columns.map(([title]) => title),
      cells,
    ),
    '',
    `<sub>${[runOf(own), ...foreignStories(report)].join(' ')} [How it is measured](docs/lab.md), and where Skewproof loses.</sub>`,
  ].join('\n')
}

function foreignStories(report: LabReport): readonly string[] {
  return report.stories.filter(isForeign).map(story => {
    const auto = headlines({ ...report, stories: [story] }).find(({ name }) => name === 'auto')
    const refused = (auto?.freshRefused ?? 0) / Math.max(1, auto?.freshRequests ?? 0)
    return `Not in it, since no store of the fleet knows its tokens: *${story.title}*, of which Skewproof refuses ${formatPercent(refused)} when they are fresh${auto?.rightlyNamed === 1 ? ', and names the issuer' : ''}.`
  })
}

export function comparisonPart(report: LabReport): string {
  return [
    ...markdownTable(comparisonHead, comparisonRows(report)),
    '',
    `${comparisonSummary(report)} ${runOf(report)}`,
  ].join('\n')
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`)
}

function runOf({ isQuick, startedAt, stories }: LabReport): string {
  const requests = stories.reduce(
    (sum, { policies }) => sum + policies.reduce((own, policy) => own + policy.requests, 0),
    0,
  )
  return `${isQuick ? 'A quick run' : 'A run'} of \`npm run lab\`, ${startedAt.slice(0, 10)}: ${stories.length} stories, ${requests.toLocaleString('en')} requests.`
}
