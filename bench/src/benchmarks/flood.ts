import { type Aim, type Benchmark, figure, type PlotPoint } from '../benchmark.js'
import { startWorker } from '../harness/workers.js'
import type { FloodOrder, FloodState } from '../workers/flooded.js'

const steps = 10

const method = `4,000 good tokens are known to a verifier whose cache holds 10,000. Then come made-up ones, each another one: a good header and
good claims, and a signature that is none (HS256, the algorithm with which a flood is the fastest). *Known*: the share of the
good tokens that are still found without verifying them.`

export const flood: Benchmark = {
  name: 'flood',
  title: 'A flood of made-up tokens',
  async run({ quick, progress }) {
    const total = quick ? 20_000 : 10_000_000
    const worker = await startWorker('flooded')
    try {
      const states: (FloodState & { readonly seen: number })[] = []
      const startedMs = performance.now()
      for (let step = 0; step <= steps; step += 1) {
        const order: FloodOrder = { count: step === 0 ? 0 : total / steps }
        states.push({ ...(await worker.ask<FloodState>(order)), seen: (step * total) / steps })
        progress(`${(step * total) / steps} made-up tokens`)
      }
      const perSecond = (total / (performance.now() - startedMs)) * 1000
      const first = states[1]
      const last = states.at(-1)
      if (first === undefined || last === undefined) throw new Error('nothing was measured')
      return {
        method,
        tables: [
          {
            head: ['made-up tokens', 'known', 'heap', 'resident'],
            rows: states.map(({ seen, hitRate, heapBytes, residentBytes }) => [
              figure('count', seen),
              figure('share', hitRate),
              figure('bytes', heapBytes),
              figure('bytes', residentBytes),
            ]),
          },
          { head: ['', 'per second'], rows: [['refused', figure('per second', perSecond)]] },
        ],
        plots: [
          {
            name: 'flood',
            title: 'Memory under a flood of made-up tokens',
            x: 'made-up tokens',
            y: 'MiB',
            points: states.flatMap(({ seen, heapBytes, residentBytes }): PlotPoint[] => [
              { line: 'heap', x: seen, y: heapBytes / 2 ** 20 },
              { line: 'resident', x: seen, y: residentBytes / 2 ** 20 },
            ]),
          },
        ],
        aims: aimsOf(first, last),
      }
    } finally {
      await worker.end()
    }
  },
}

function aimsOf(first: FloodState, last: FloodState): Aim[] {
  const growth = last.heapBytes / first.heapBytes
  return [
    {
      work: 'good tokens still known after the flood',
      aim: 'all',
      reached: figure('share', last.hitRate),
      isReached: last.hitRate === 1,
    },
    {
      work: 'heap at the end of the flood, to its first tenth',
      aim: 'does not grow: at most 1.1',
      reached: figure('times', growth),
      isReached: growth <= 1.1,
    },
  ]
}
