import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { maxStalenessMs } from 'skewproof/simulator'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { comparisonPart, readmePart, writtenParts } from '../../lab/documents.ts'
import { disagreements, headlines } from '../../lab/headline.ts'
import { type LabReport, lanesFor, readStories, runLab } from '../../lab/lab.ts'
import { renderReport } from '../../lab/report/page.ts'
import { endAllScopes } from '../../lab/scope.ts'
import { renderTable } from '../../lab/table.ts'
import { root } from '../docs/markdown.ts'
import { run } from '../support/process.ts'

const told = readStories().map(({ name }) => name)

describe('the quick lab', () => {
  let report: LabReport

  beforeAll(async () => {
    try {
      report = await runLab({ isQuick: true, only: [], lanes: lanesFor(true), onProgress: () => {} })
    } finally {
      await endAllScopes()
    }
  }, 900_000)

  it('tells its stories', () => {
    expect(report.failures).toEqual([])
    expect(report.stories).toHaveLength(told.length)
  })

  // In those two it does, and says so.
  it.each(told.filter(name => name !== 'foreign-issuer' && name !== 'store-clock-steps'))(
    '%s: Skewproof refuses nothing fresh, and accepts nothing beyond its bounds',
    name => {
      const auto = report.stories
        .find(story => story.name === name)
        ?.policies.find(policy => policy.name === 'auto')
      expect(auto).toMatchObject({ falseRejects: 0, lateAcceptsBeyondBound: 0 })
      expect(auto?.maxRevokedAcceptMs ?? Number.NaN).toBeLessThan(maxStalenessMs)
    },
  )

  it('asks about revoked tokens', () => {
    const revoked = report.stories.flatMap(({ policies }) => policies.map(one => one.revokedAccepted.total))
    expect(revoked.reduce((sum, total) => sum + total, 0)).toBeGreaterThan(0)
  })

  it('shows that the others do otherwise', () => {
    const [jsonwebtoken] = headlines(report)
    expect(jsonwebtoken?.freshRefused).toBeGreaterThan(0)
    expect(jsonwebtoken?.expiredAccepted).toBeGreaterThan(0)
  })

  it('sees what the simulator says of the same requests', () => {
    expect(disagreements(report)).toEqual([])
    const all = report.stories.flatMap(({ comparisons }) => comparisons)
    const requests = all.reduce((sum, { seen }) => sum + seen.total, 0)
    const differing = all.reduce((sum, one) => sum + one.differing, 0)
    expect(requests).toBeGreaterThan(0)
    expect(differing / requests).toBeLessThan(0.01)
  })

  it('says it in a table, on a page that fetches nothing, in the README and in docs/lab.md', () => {
    expect(renderTable(report)).toMatch(/^Skewproof, auto .* of \d+/m)
    const page = renderReport(report)
    expect(page).not.toMatch(/<(?:script|link|img)|https?:/)
    expect(page.match(/<section id=/g)).toHaveLength(report.stories.length)
    expect(readmePart(report)).toContain('| **Skewproof, auto** |')
    expect(comparisonPart(report)).toContain('| ten-minutes | Skewproof, auto | ')
  })
})

it.each(writtenParts)('$path has the marks that the lab writes between', ({ path, begin, end }) => {
  const text = readFileSync(join(root, path), 'utf8')
  expect(text.indexOf(end)).toBeGreaterThan(text.indexOf(begin))
  expect(text).toContain(begin)
})

it('npm run lab -- --list names the stories', async () => {
  onTestFinished(endAllScopes)
  const output = await run(execPath, ['scripts/lab.mjs', '--list'], root)
  for (const { name } of readStories()) expect(output).toContain(name)
}, 300_000)
