// `npm run bench:load`: the service under load, and for as long as one likes.
import { parseArgs } from 'node:util'
import { loadBenchmark, soakBenchmark } from './benchmarks/load.js'
import { runProgram } from './program.js'
import { placesIn, runAndPublish } from './report/publish.js'

const usage = `npm run bench:load -- [options]
  --seconds NUMBER  for each number of connections; default 60
  --soak MINUTES    64 connections for so long, instead
  --quick           a second of each: shows that it works, and measures nothing
  --out DIR         where the results, the page and the images go
`

await runProgram(async () => {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      soak: { type: 'string' },
      quick: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) process.stdout.write(usage)
  else if (values.quick && values.out === undefined)
    throw new Error('--quick measures nothing: give --out DIR')
  else {
    const benchmark =
      values.soak === undefined
        ? loadBenchmark(amount('--seconds', values.seconds))
        : soakBenchmark(amount('--soak', values.soak))
    await runAndPublish([benchmark], values.quick, placesIn(values.out))
  }
})

function amount(option: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`${option} needs a number above 0`)
  return value
}
