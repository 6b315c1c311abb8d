import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process, { execPath } from 'node:process'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { busyWarning, disagreements, headlines, isBusy } from '../../lab/headline.ts'
import { type LabReport, readStories, runLab } from '../../lab/lab.ts'
import { readmePart } from '../../lab/readme.ts'
import { renderReport } from '../../lab/report/page.ts'
import { endAllScopes } from '../../lab/scope.ts'
import { renderTable } from '../../lab/table.ts'
import { root } from '../docs/markdown.ts'
import { run } from '../support/process.ts'

/** `npm test` has other things to do as well: these four have a liar, all wrong clocks, a dead store and a foreign issuer. */
const few = ['ten-minutes', 'lying-time-server', 'store-dies', 'foreign-issuer']
const told = process.env['SKEWPROOF_LAB'] === 'all' ? readStories().map(({ name }) => name) : few

/** No revocation is older than this when it is heard of. */
const maxStalenessMs = 1000

describe('the quick lab', () => {
  let report: LabReport

  beforeAll(async () => {
    try {
      report = await runLab({ isQuick: true, only: told, lanes: 4, onProgress: () => {} })
    } finally {
      await endAllScopes()
    }
  }, 600_000)

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

  it('shows that the others do otherwise', () => {
    const [jsonwebtoken] = headlines(report)
    expect(jsonwebtoken?.freshRefused).toBeGreaterThan(0)
    expect(jsonwebtoken?.expiredAccepted).toBeGreaterThan(0)
  })

  it('sees what the simulator predicts', () => {
    // On a machine that answers seconds late, other tests being at work, the lab itself says that its shares mean little.
    if (isBusy(report)) expect(renderTable(report)).toContain(busyWarning)
    else expect(disagreements(report)).toEqual([])
  })

  it('says it in a table, on a page that fetches nothing, and in the README', () => {
    expect(renderTable(report)).toMatch(/^Skewproof, auto .* of \d+/m)
    const page = renderReport(report)
    expect(page).not.toMatch(/<(?:script|link|img)|https?:/)
    expect(page.match(/<section id=/g)).toHaveLength(report.stories.length)
    expect(readmePart(report)).toContain('| **Skewproof, auto** |')
  })
})

it('the README has the marks that the table of the lab goes between', () => {
  const text = readFileSync(join(root, 'README.md'), 'utf8')
  expect(text.indexOf('<!-- /lab -->')).toBeGreaterThan(text.indexOf('<!-- lab: '))
})

it('npm run lab -- --list names the stories', async () => {
  onTestFinished(endAllScopes)
  const output = await run(execPath, ['scripts/lab.mjs', '--list'], root)
  for (const { name } of readStories()) expect(output).toContain(name)
})
