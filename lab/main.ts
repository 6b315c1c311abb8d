import { mkdirSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { root } from '../scripts/lib/root.mjs'
import { updateDocuments } from './documents.ts'
import { lanesFor, readStories, runLab } from './lab.ts'
import { Progress } from './progress.ts'
import { renderReport } from './report/page.ts'
import { endAllScopes, removeAbandonedDirectories, removeLabDirectory } from './scope.ts'
import { renderTable } from './table.ts'

const usage = `npm run lab -- [options]

  --quick          a minute rather than ten: less is seen of how long things last
  --only <story>   one story; may be repeated
  --lanes <n>      how many stories are played at once (default: one for each processor,
                     and two with --quick)
  --out <folder>   where the report goes: lab.html and lab.json (default: .skewproof-lab)
  --json           print the report as JSON rather than as a table
  --readme         write the tables and the picture into the README and docs/lab.md
  --list           say which stories there are
`

/** What `npm run lab` does. Sets the exit code: 1 when a story could not be told, or Skewproof broke its word. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      lanes: { type: 'string' },
      out: { type: 'string', default: join(root, '.skewproof-lab') },
      json: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  const stories = readStories()
  if (values.list) {
    for (const { name, title } of stories) process.stdout.write(`${name.padEnd(20)}${title}\n`)
    return
  }
  const unknown = values.only.find(name => !stories.some(story => story.name === name))
  const lanes = Number(values.lanes ?? lanesFor(values.quick))
  if (unknown !== undefined) throw new Error(`there is no story ${unknown}; see --list`)
  if (!(Number.isInteger(lanes) && lanes >= 1 && lanes <= 16))
    throw new Error('--lanes takes a number from 1 to 16')

  const signal = stopOnSignals()
  removeAbandonedDirectories()
  const names = stories.map(({ name }) => name)
  const shown = names.filter(name => values.only.length === 0 || values.only.includes(name))
  const progress = new Progress(shown, process.stderr)
  const report = await runLab({
    isQuick: values.quick,
    only: values.only,
    lanes,
    signal,
    onProgress: (name, phase, share) => progress.update(name, phase, share),
  })
  mkdirSync(values.out, { recursive: true })
  writeFileSync(join(values.out, 'lab.json'), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(join(values.out, 'lab.html'), renderReport(report))
  process.stdout.write(
    values.json
      ? `${JSON.stringify(report)}\n`
      : `${renderTable(report)}\n\nThe report: ${join(values.out, 'lab.html')}\n`,
  )
  if (values.readme) updateDocuments(report)
  const auto = report.stories.flatMap(({ policies }) => policies.filter(({ name }) => name === 'auto'))
  if (report.failures.length > 0 || auto.some(policy => policy.surprises.length > 0)) process.exitCode = 1
}

/** Whoever stops the lab finds nothing of it left; asking again does not keep it from tidying up. */
function stopOnSignals(): AbortSignal {
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) return
      stopping.abort(new Error(`the lab was stopped by ${name}`))
      void endAllScopes().finally(() => {
        removeLabDirectory()
        process.exit(128 + constants.signals[name])
      })
    })
  }
  return stopping.signal
}
