import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lmdbStore } from 'skewproof/lmdb'
import { type Benchmark, below, figure } from '../benchmark.js'
import { startRedis } from '../harness/redis.js'
import { issueMany, serviceOver } from '../harness/services.js'
import { startWorker } from '../harness/workers.js'
import type { FillerOrder, Filling } from '../workers/filler.js'

const method = `Live tokens, each of another subject, with client and scope (HS256 in the stores, which do not keep the token). Redis: what
\`used_memory\` grows by; memory: what the heap grows by after a collection; LMDB: what the file grows by. In a process: what
is kept of a verified token, ES256, with its claims.`

/** As docs/redis.md advises. */
const packed = ['--hash-max-listpack-value', '256']

export const memory: Benchmark = {
  name: 'memory',
  title: 'Memory for a token',
  async run({ quick, progress }) {
    const [million, some] = quick ? [2000, 1000] : [1_000_000, 100_000]
    progress('Redis')
    const inRedis = await perTokenInRedis(million, ...packed)
    const inDefaultRedis = await perTokenInRedis(million)
    progress('LMDB')
    const inLmdb = await perTokenInLmdb(quick ? 1000 : 200_000)
    progress('memory')
    const inMemory = await perTokenIn({ fill: 'memory', count: quick ? 1000 : 1_000_000 })
    progress('cache')
    const inCache = await perTokenIn({ fill: 'cache', count: some })
    return {
      method,
      tables: [
        {
          head: ['', 'tokens', 'each'],
          rows: [
            [
              `Redis with \`${packed.join(' ').slice(2)}\``,
              figure('count', million),
              figure('bytes', inRedis),
            ],
            ['Redis as it comes', figure('count', million), figure('bytes', inDefaultRedis)],
            ['LMDB, on disk', figure('count', quick ? 1000 : 200_000), figure('bytes', inLmdb)],
            ['the store in memory', figure('count', quick ? 1000 : 1_000_000), figure('bytes', inMemory)],
            ['verified and kept in a process', figure('count', some), figure('bytes', inCache)],
          ],
        },
      ],
      aims: [
        below('memory of Redis for a live token, 1,000,000 of them', 200, figure('bytes', inRedis)),
        below('memory of a process for a cached token', 1024, figure('bytes', inCache)),
      ],
    }
  },
}

async function perTokenInRedis(count: number, ...settings: readonly string[]): Promise<number> {
  const redis = await startRedis(...settings)
  try {
    const store = await redis.store()
    const tokens = serviceOver(store, { algorithm: 'HS256' })
    await issueMany(tokens, 1)
    const before = await redis.info('used_memory')
    for (let done = 0; done < count; done += 10_000)
      await issueMany(tokens, Math.min(10_000, count - done), { firstSubject: done })
    const bytes = (await redis.info('used_memory')) - before
    tokens.close()
    await store.close()
    return bytes / count
  } finally {
    await redis.end()
  }
}

async function perTokenInLmdb(count: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'skewproof-bench-'))
  try {
    const store = lmdbStore({ path: directory })
    const tokens = serviceOver(store, { algorithm: 'HS256' })
    await issueMany(tokens, 1)
    const size = () => statSync(join(directory, 'data.mdb')).blocks * 512
    const before = size()
    for (let done = 0; done < count; done += 10_000)
      await issueMany(tokens, Math.min(10_000, count - done), { firstSubject: done })
    const bytes = size() - before
    tokens.close()
    await store.close()
    return bytes / count
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** In a process of its own, where nothing else is. */
async function perTokenIn(order: FillerOrder): Promise<number> {
  const worker = await startWorker('filler')
  try {
    return (await worker.ask<Filling>(order)).bytes / order.count
  } finally {
    await worker.end()
  }
}
