import { availableParallelism } from 'node:os'
import { type Aim, type Benchmark, type Cell, figure, type PlotPoint } from '../benchmark.js'
import { briefLoad, type LoadResult, prepareLoad } from '../harness/load.js'
import { type MemorySample, watchMemory } from '../harness/memory-watch.js'
import { mixedRequests } from '../harness/mixed-load.js'
import { startRedis } from '../harness/redis.js'
import { startSkewproof } from '../harness/skewproof-server.js'
import { quantile } from '../harness/statistics.js'

const levels = [1, 64, 512, 4096]
const soakSamples = 180

const method = `\`skewproof serve --workers ${availableParallelism()} --redis\`, load by wrk on the same cores: 90 % \`/forward-auth\`, 5 % \`/oauth2/token\`, 4 %
\`/oauth2/introspect\`, 1 % \`/oauth2/revoke\`. Each connection sends its next request when it has its answer, so that what is waited for
the longest is not asked for the more. An error is an answer of 400 or above, a broken connection, or none within 10 s.`

interface Level {
  readonly connections: number
  readonly result: LoadResult
  readonly memory: readonly MemorySample[]
}

/** @param seconds for each number of connections */
export function loadBenchmark(seconds: number): Benchmark {
  return {
    name: 'load',
    title: 'Load',
    command: 'npm run bench:load',
    async run({ quick, progress }) {
      const redis = await startRedis()
      const server = await startSkewproof([
        '--redis',
        redis.url,
        '--workers',
        quick ? '1' : String(availableParallelism()),
      ])
      try {
        const reached: Level[] = []
        for (const connections of levels) {
          progress(`${connections} connections`)
          const amounts = quick ? { live: 50, toRevoke: 20 } : { live: 5000, toRevoke: 6000 }
          const load = prepareLoad(server.port, await mixedRequests(server, amounts))
          const memory = watchMemory(server.pid, 1000)
          try {
            reached.push({
              connections,
              result: await load.run({ connections, ...(quick ? briefLoad : { seconds }) }),
              memory: memory.samples,
            })
          } finally {
            memory.stop()
            load.end()
          }
        }
        return {
          method,
          tables: [
            {
              head: [
                'connections',
                'per second',
                'p50',
                'p99',
                'p99.9',
                'longest',
                'errors',
                'resident at the end',
              ],
              rows: reached.map(rowOf),
            },
          ],
          plots: [memoryPlot('load', 'Resident memory of the service under load', reached)],
          aims: [
            errorAim(
              'under load',
              reached.map(({ result }) => result),
            ),
          ],
        }
      } finally {
        await server.end()
        await redis.end()
      }
    },
  }
}

export function soakBenchmark(minutes: number): Benchmark {
  return {
    name: 'soak',
    title: 'Soak',
    command: `npm run bench:load -- --soak ${minutes}`,
    async run({ quick, progress }) {
      const redis = await startRedis()
      const server = await startSkewproof([
        '--redis',
        redis.url,
        '--workers',
        quick ? '1' : String(availableParallelism()),
      ])
      try {
        const load = prepareLoad(
          server.port,
          await mixedRequests(server, { live: quick ? 50 : 5000, toRevoke: quick ? 20 : 6000 }),
        )
        const memory = watchMemory(server.pid, Math.max(100, (minutes * 60_000) / soakSamples))
        progress(`${minutes} minutes`)
        const result = await load.run({ connections: 64, seconds: Math.ceil(minutes * 60) })
        memory.stop()
        load.end()
        const soaked = { connections: 64, result, memory: memory.samples }
        return {
          method: `The same for ${minutes} minutes with 64 connections.`,
          tables: [
            { head: ['minutes', ...head], rows: [[figure('count', minutes), ...rowOf(soaked).slice(1)]] },
          ],
          plots: [memoryPlot('soak', `Resident memory of the service in ${minutes} minutes`, [soaked])],
          aims: [errorAim('in the soak', [result]), levelAim(memory.samples)],
        }
      } finally {
        await server.end()
        await redis.end()
      }
    },
  }
}

const head = ['per second', 'p50', 'p99', 'p99.9', 'longest', 'errors', 'resident at the end']

function errorsOf({ refused, socketErrors, timeouts }: LoadResult): number {
  return refused + socketErrors + timeouts
}

function rowOf({ connections, result, memory }: Level): Cell[] {
  return [
    figure('count', connections),
    figure('per second', result.perSecond),
    figure('ms', result.p50Ms),
    figure('ms', result.p99Ms),
    figure('ms', result.p999Ms),
    figure('ms', result.longestMs),
    figure('count', errorsOf(result)),
    figure('bytes', memory.at(-1)?.bytes ?? Number.NaN),
  ]
}

function memoryPlot(name: string, title: string, levelsOfLoad: readonly Level[]) {
  const points = levelsOfLoad.flatMap(({ connections, memory }) =>
    memory.map(
      ({ atSeconds, bytes }): PlotPoint => ({
        line: `${connections} connections`,
        x: atSeconds,
        y: bytes / 2 ** 20,
      }),
    ),
  )
  return { name, title, x: 'seconds', y: 'MiB', points }
}

function errorAim(when: string, results: readonly LoadResult[]): Aim {
  const errors = results.reduce((sum, result) => sum + errorsOf(result), 0)
  return { work: `errors ${when}`, aim: 'none', reached: figure('count', errors), isReached: errors === 0 }
}

/** Memory that levels off is in the last quarter where it was in the third. */
function levelAim(samples: readonly MemorySample[]): Aim {
  const quarter = Math.floor(samples.length / 4)
  const medianOf = (part: readonly MemorySample[]) =>
    quantile(
      part.map(({ bytes }) => bytes),
      0.5,
    )
  const growth = medianOf(samples.slice(3 * quarter)) / medianOf(samples.slice(2 * quarter, 3 * quarter))
  return {
    work: 'resident memory in the last quarter of the soak, to the third',
    aim: 'levels off: at most 1.05',
    reached: figure('times', growth),
    isReached: growth <= 1.05,
  }
}
