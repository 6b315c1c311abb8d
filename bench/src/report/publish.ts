import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Benchmark } from '../benchmark.js'
import { pageOrder } from '../benchmarks/index.js'
import { currentLoad, describeMachine } from './machine.js'
import { renderPage } from './markdown.js'
import { drawPlot, imageName } from './plot.js'
import { readResults, writeResult } from './results.js'

/** Where results, the page and its images go. */
export interface Places {
  readonly results: string
  readonly page: string
  readonly images: string
}

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** @param out a directory for everything; without one: where this repository keeps it */
export function placesIn(out: string | undefined): Places {
  if (out !== undefined)
    return { results: out, page: join(out, 'benchmarks.md'), images: join(out, 'images') }
  return {
    results: join(root, 'bench/results'),
    page: join(root, 'docs/benchmarks.md'),
    images: join(root, 'docs/images'),
  }
}

/** Runs benchmarks, and after each writes what it has found. */
export async function runAndPublish(
  benchmarks: readonly Benchmark[],
  quick: boolean,
  places: Places,
): Promise<void> {
  if (!quick && currentLoad() > 0.5) say('the machine is busy: measure on a quiet one')
  for (const { name, title, run, command = `npm run bench -- --only ${name}` } of benchmarks) {
    const startedMs = performance.now()
    const findings = await run({ quick, progress: doing => say(`${name}: ${doing}`) })
    const seconds = Math.round((performance.now() - startedMs) / 1000)
    say(`${name}: done in ${seconds} s`)
    const date = new Date().toISOString()
    writeResult(places.results, {
      ...{ name, title, place: pageOrder.indexOf(name), date, seconds, command, isQuick: quick },
      machine: describeMachine(),
      ...findings,
    })
    writePage(places)
  }
  say(`written: ${places.page}`)
}

function writePage({ results, page, images }: Places): void {
  const all = readResults(results)
  mkdirSync(images, { recursive: true })
  const plots = all.flatMap(({ plots: own = [] }) => own)
  for (const plot of plots) writeFileSync(join(images, imageName(plot)), drawPlot(plot))
  writeFileSync(page, renderPage(all))
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
