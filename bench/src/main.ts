// `npm run bench`: measures, and writes what was found to bench/results, docs/benchmarks.md and docs/images.
import { parseArgs } from 'node:util'
import type { Benchmark } from './benchmark.js'
import { benchmarks } from './benchmarks/index.js'
import { runProgram } from './program.js'
import { placesIn, runAndPublish } from './report/publish.js'

const usage = `npm run bench -- [options]
  --only NAME   one of them (may be repeated); the others keep the results that they have
  --quick       a little of everything, in half a minute: shows that it works, and measures nothing
  --out DIR     where the results, the page and the images go
  --list        what there is
`

await runProgram(async () => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      out: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) process.stdout.write(usage)
  else if (values.list) process.stdout.write(benchmarks.map(describe).join(''))
  else if (values.quick && values.out === undefined)
    throw new Error('--quick measures nothing: give --out DIR')
  else await runAndPublish(chosen(values.only), values.quick, placesIn(values.out))
})

function chosen(names: readonly string[]): readonly Benchmark[] {
  const unknown = names.find(name => !benchmarks.some(benchmark => benchmark.name === name))
  if (unknown !== undefined) throw new Error(`there is no benchmark ${unknown}; --list says which there are`)
  return names.length === 0 ? benchmarks : benchmarks.filter(({ name }) => names.includes(name))
}

function describe({ name, title }: Benchmark): string {
  return `${name.padEnd(16)} ${title}\n`
}
