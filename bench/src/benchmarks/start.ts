import { type Benchmark, below, figure } from '../benchmark.js'
import { startRedis } from '../harness/redis.js'
import { processTree, residentBytes } from '../harness/server.js'
import { startSkewproof } from '../harness/skewproof-server.js'
import { summarize } from '../harness/statistics.js'

const method = `From the command \`skewproof serve\` to the first answer, in a new directory: keys and credentials are made as well. *Resident*: what the
process takes a second later, and after a thousand tokens.`

interface Start {
  readonly startedInMs: number
  readonly residentBytes: number
  readonly residentUsedBytes: number
}

export const start: Benchmark = {
  name: 'start',
  title: 'Start and resident memory',
  async run({ quick, progress }) {
    const redis = await startRedis()
    try {
      const tokens = quick ? 20 : 1000
      progress('embedded')
      const embedded = await measure({ rounds: quick ? 1 : 7, tokens }, () => [])
      progress('Redis')
      // Each has a key of its own, in its new directory, and so needs a store of its own.
      const shared = await measure({ rounds: quick ? 1 : 3, tokens }, round => [
        '--redis',
        redis.url,
        '--redis-prefix',
        `start-${round}`,
      ])
      const row = (name: string, starts: readonly Start[]) => [
        name,
        figure('ms', summarize(starts.map(one => one.startedInMs))),
        figure('bytes', summarize(starts.map(one => one.residentBytes))),
        figure('bytes', summarize(starts.map(one => one.residentUsedBytes))),
      ]
      const { median: startedMs } = summarize(embedded.map(one => one.startedInMs))
      const { median: resident } = summarize(embedded.map(one => one.residentBytes))
      return {
        method,
        tables: [
          {
            head: ['', 'first answer', 'resident', 'after 1,000 tokens'],
            rows: [row('embedded store', embedded), row('Redis', shared)],
          },
        ],
        aims: [
          below('service start to first answer', 700, figure('ms', startedMs)),
          below('service, resident', 80 * 2 ** 20, figure('bytes', resident)),
        ],
      }
    } finally {
      await redis.end()
    }
  },
}

async function measure(
  { rounds, tokens }: { rounds: number; tokens: number },
  argsOf: (round: number) => readonly string[],
): Promise<readonly Start[]> {
  const starts: Start[] = []
  for (let round = 0; round < rounds; round += 1) {
    const server = await startSkewproof(argsOf(round))
    try {
      await new Promise(resolve => setTimeout(resolve, 1000))
      const resident = residentBytes(processTree(server.pid))
      await server.issue(tokens)
      starts.push({
        startedInMs: server.startedInMs,
        residentBytes: resident,
        residentUsedBytes: residentBytes(processTree(server.pid)),
      })
    } finally {
      await server.end()
    }
  }
  return starts
}
