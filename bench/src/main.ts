// `npm run bench`: measures, and writes what was found to bench/results, docs/benchmarks.md and docs/images.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Benchmark } from './benchmark.js'
import { benchmarks } from './benchmarks/index.js'
import { currentLoad, describeMachine } from './report/machine.js'
import { renderPage } from './report/markdown.js'
import { drawPlot, imageName } from './report/plot.js'
import { readResults, writeResult } from './report/results.js'

const usage = `npm run bench -- [options]
  --only NAME   one of them (may be repeated); the others keep the results that they have
  --quick       a little of everything, in half a minute: shows that it works, measures nothing
  --out DIR     where the results, the page and the images go
  --list        what there is`

const root = fileURLToPath(new URL('../..', import.meta.url))

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      out: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return print(usage)
  if (values.list) return print(benchmarks.map(({ name, title }) => `${name.padEnd(16)} ${title}`).join('\n'))
  if (values.quick && values.out === undefined) throw new Error('--quick measures nothing: give --out DIR')
  const places = placesIn(values.out)
  const load = currentLoad()
  if (load > 0.5)
    process.stderr.write(`bench: the machine is busy (load ${load.toFixed(1)}): measure on a quiet one\n`)
  for (const benchmark of chosen(values.only)) {
    await runOne(benchmark, values.quick, places.results)
    writePage(places)
  }
  print(`written: ${places.page}`)
}

interface Places {
  readonly results: string
  readonly page: string
  readonly images: string
}

function placesIn(out: string | undefined): Places {
  if (out !== undefined)
    return { results: out, page: join(out, 'benchmarks.md'), images: join(out, 'images') }
  return {
    results: join(root, 'bench/results'),
    page: join(root, 'docs/benchmarks.md'),
    images: join(root, 'docs/images'),
  }
}

function chosen(names: readonly string[]): readonly Benchmark[] {
  const unknown = names.find(name => !benchmarks.some(benchmark => benchmark.name === name))
  if (unknown !== undefined) throw new Error(`there is no benchmark ${unknown}; --list says which there are`)
  return names.length === 0 ? benchmarks : benchmarks.filter(({ name }) => names.includes(name))
}

async function runOne(benchmark: Benchmark, quick: boolean, results: string): Promise<void> {
  const startedMs = performance.now()
  const findings = await benchmark.run({
    quick,
    progress: doing => process.stderr.write(`${benchmark.name}: ${doing}\n`),
  })
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  process.stderr.write(`${benchmark.name}: done in ${seconds} s\n`)
  const { name, title } = benchmark
  writeResult(results, {
    name,
    title,
    date: new Date().toISOString(),
    seconds,
    isQuick: quick,
    machine: describeMachine(),
    ...findings,
  })
}

function writePage({ results, page, images }: Places): void {
  const order = benchmarks.map(({ name }) => name)
  const all = readResults(results).sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  mkdirSync(images, { recursive: true })
  const plots = all.flatMap(({ plots: own = [] }) => own)
  for (const plot of plots) writeFileSync(join(images, imageName(plot)), drawPlot(plot))
  writeFileSync(page, renderPage(all))
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exitCode = 1
}
