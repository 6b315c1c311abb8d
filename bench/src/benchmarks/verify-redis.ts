import { type Aim, atLeast, type Benchmark, below, type Cell, figure, type Table } from '../benchmark.js'
import { type Redis, startRedis } from '../harness/redis.js'
import { compare, type Outcome, outcomeOf, ratio } from '../harness/rounds.js'
import { type Summary, summarize } from '../harness/statistics.js'
import { startWorker, type Worker } from '../harness/workers.js'
import { asWritten, ours, redisVerifiers, withClientCache, writtenWell } from '../peers/redis-verifiers.js'

const liveTokens = 10_000
const names = [ours, asWritten, writtenWell, withClientCache]

const method = `Tokens that can be revoked through one Redis, ${liveTokens.toLocaleString('en')} of them live, all of them verified before (HS256).
*As written*: \`jsonwebtoken\` with the secret as a string, then \`GET token:<jti>\` by ioredis. *Written well*: a \`KeyObject\`, and
node-redis with RESP3; then the same with its client-side cache. Each is measured one request at a time and with 64 at once, and
in five processes that do it at the same time, with 64 at once in each.`

export const verifyRedis: Benchmark = {
  name: 'verify-redis',
  title: 'Verify with revocation over Redis',
  async run({ quick, progress }) {
    const redis = await startRedis()
    const count = quick ? 100 : liveTokens
    try {
      progress('one process')
      const single = await measureOne(redis, count, 1, quick)
      const many = await measureOne(redis, count, 64, quick)
      const operations = await operationsPerRequest(redis, count, quick)
      progress('five processes')
      const five = await measureFive(redis, quick ? 50 : 2000, quick)
      return {
        method,
        tables: [
          tableOf('One process, one at a time', single),
          tableOf('One process, 64 at once', many),
          fiveTable(five),
          operationsTable(operations),
        ],
        aims: aimsOf(single, many, operations),
      }
    } finally {
      await redis.end()
    }
  },
}

async function measureOne(
  redis: Redis,
  count: number,
  atOnce: number,
  quick: boolean,
): Promise<readonly Outcome[]> {
  const { contestants, close } = await redisVerifiers(redis.url, count, atOnce)
  try {
    return await compare(contestants, { rounds: quick ? 1 : 12, roundMs: quick ? 10 : 100 })
  } finally {
    await close()
  }
}

/** Commands that Redis has run, by verified token, while one process does nothing but verify. */
async function operationsPerRequest(redis: Redis, count: number, quick: boolean): Promise<number> {
  const { contestants, close } = await redisVerifiers(redis.url, count, 1)
  try {
    const [contestant] = contestants
    if (contestant?.name !== ours) throw new Error('ours is the first')
    const before = await redis.info('total_commands_processed')
    let verified = 0
    const startedMs = performance.now()
    while (performance.now() - startedMs < (quick ? 100 : 5000)) {
      const items = contestant.prepare(256)
      await contestant.run(items)
      await new Promise(resolve => setImmediate(resolve))
      verified += items.length
    }
    return ((await redis.info('total_commands_processed')) - before) / verified
  } finally {
    await close()
  }
}

async function measureFive(
  redis: Redis,
  count: number,
  quick: boolean,
): Promise<ReadonlyMap<string, Summary>> {
  const workers: Worker[] = []
  try {
    for (let index = 0; index < (quick ? 1 : 5); index += 1) {
      workers.push(await startWorker('redis-verifier', [redis.url, String(count)]))
    }
    const rates = new Map(names.map(name => [name, [] as number[]]))
    for (let round = 0; round < (quick ? 1 : 6); round += 1) {
      for (const name of names) {
        const answers = await Promise.all(
          workers.map(worker =>
            worker.ask<{ verified: number; tookMs: number }>({ name, ms: quick ? 20 : 500 }),
          ),
        )
        const rate = answers.reduce((sum, { verified, tookMs }) => sum + (verified / tookMs) * 1000, 0)
        rates.get(name)?.push(rate)
      }
    }
    return new Map([...rates].map(([name, all]) => [name, summarize(all)]))
  } finally {
    for (const worker of workers) await worker.end()
  }
}

function tableOf(caption: string, outcomes: readonly Outcome[]): Table {
  const us = outcomeOf(outcomes, ours)
  const rows = outcomes.map((outcome): Cell[] => [
    outcome.name,
    figure('per second', outcome.rate),
    figure('times', ratio(us, outcome)),
  ])
  return { caption, head: ['', 'per second', 'skewproof to it'], rows }
}

function fiveTable(rates: ReadonlyMap<string, Summary>): Table {
  const own = rates.get(ours)?.median ?? Number.NaN
  const rows = [...rates].map(([name, rate]): Cell[] => [
    name,
    figure('per second', rate),
    figure('times', own / rate.median),
  ])
  return {
    caption: 'Five processes, 64 at once in each: all of them together',
    head: ['', 'per second', 'skewproof to it'],
    rows,
  }
}

function operationsTable(operations: number): Table {
  return {
    caption: 'Commands that Redis runs for a verified request',
    head: ['', 'commands'],
    rows: [
      [ours, figure('count', operations)],
      ['textbook', figure('count', 1)],
    ],
  }
}

function aimsOf(single: readonly Outcome[], many: readonly Outcome[], operations: number): Aim[] {
  const to = (outcomes: readonly Outcome[], name: string) =>
    figure('times', ratio(outcomeOf(outcomes, ours), outcomeOf(outcomes, name)))
  return [
    atLeast(
      'verify with revocation over Redis, to the textbook as written, one at a time',
      300,
      to(single, asWritten),
    ),
    atLeast('the same, 64 at once', 300, to(many, asWritten)),
    atLeast(
      'verify with revocation over Redis, to the textbook written well, 64 at once',
      20,
      to(many, writtenWell),
    ),
    below('Redis operations per verified request', 0.01, figure('count', operations)),
  ]
}
