import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeToken, type TokenService } from 'skewproof'
import { lmdbStore } from 'skewproof/lmdb'
import { type Benchmark, below, figure } from '../benchmark.js'
import { startRedis } from '../harness/redis.js'
import { issueMany, serviceOver } from '../harness/services.js'
import { startWorker } from '../harness/workers.js'
import type { FillerOrder, Filling } from '../workers/filler.js'

const method = `Live tokens, each of another subject, with client and scope (HS256 in the stores, which do not keep the token). Redis: what
\`used_memory\` grows by; memory: what the heap grows by after a collection; LMDB: what the file grows by. In a process: what
is kept of a verified token, ES256, with its claims. *While revoked*: the most that Redis takes in a minute in which
10,000 of the tokens are revoked, for each token; a second process listens.`

/** As docs/redis.md advises. */
const packed = ['--hash-max-listpack-value', '256']

/** Revocations in a time, spread evenly over it. */
interface Revocations {
  readonly count: number
  readonly withinMs: number
}

export const memory: Benchmark = {
  name: 'memory',
  title: 'Memory for a token',
  async run({ quick, progress }) {
    const [million, some] = quick ? [2000, 1000] : [1_000_000, 100_000]
    progress('Redis')
    const revocations = quick ? { count: 20, withinMs: 200 } : { count: 10_000, withinMs: 60_000 }
    const inRedis = await perTokenInRedis(million, revocations, packed)
    const inDefaultRedis = await perTokenInRedis(million, revocations, [])
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
          head: ['', 'tokens', 'each', 'each, while revoked'],
          rows: [
            [
              `Redis with \`${packed.join(' ').slice(2)}\``,
              figure('count', million),
              figure('bytes', inRedis.issued),
              figure('bytes', inRedis.whileRevoked),
            ],
            [
              'Redis as it comes',
              figure('count', million),
              figure('bytes', inDefaultRedis.issued),
              figure('bytes', inDefaultRedis.whileRevoked),
            ],
            ['LMDB, on disk', figure('count', quick ? 1000 : 200_000), figure('bytes', inLmdb), ''],
            ['the store in memory', figure('count', quick ? 1000 : 1_000_000), figure('bytes', inMemory), ''],
            ['verified and kept in a process', figure('count', some), figure('bytes', inCache), ''],
          ],
        },
      ],
      aims: [
        below(
          'memory of Redis for a live token, of 1,000,000 and while 10,000 a minute are revoked',
          200,
          figure('bytes', inRedis.whileRevoked),
        ),
        below('memory of a process for a cached token', 1024, figure('bytes', inCache)),
      ],
    }
  },
}

async function perTokenInRedis(
  count: number,
  revocations: Revocations,
  settings: readonly string[],
): Promise<{ readonly issued: number; readonly whileRevoked: number }> {
  const redis = await startRedis(...settings)
  try {
    const [store, other] = [await redis.store(), await redis.store()]
    const tokens = serviceOver(store, { algorithm: 'HS256' })
    const listening = serviceOver(other, { algorithm: 'HS256' })
    await issueMany(tokens, 1)
    const before = await redis.info('used_memory')
    const known: string[] = []
    for (let done = 0; done < count; done += 10_000) {
      const issued = await issueMany(tokens, Math.min(10_000, count - done), { firstSubject: done })
      if (known.length < revocations.count) known.push(...issued)
    }
    const issued = (await redis.info('used_memory')) - before
    const most = await mostWhile(
      () => redis.info('used_memory'),
      () => revokeEvenly(tokens, known, revocations),
    )
    for (const one of [tokens, listening]) one.close()
    for (const one of [store, other]) await one.close()
    return { issued: issued / count, whileRevoked: (most - before) / count }
  } finally {
    await redis.end()
  }
}

async function revokeEvenly(
  tokens: TokenService,
  known: readonly string[],
  { count, withinMs }: Revocations,
): Promise<void> {
  const beganMs = performance.now()
  for (const [index, token] of known.slice(0, count).entries()) {
    const waitMs = beganMs + (index * withinMs) / count - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    await tokens.revoke(String(decodeToken(token).claims['jti']))
  }
}

/** The largest of what is read ten times a second, until the work is done. */
async function mostWhile(read: () => Promise<number>, work: () => Promise<void>): Promise<number> {
  let isDone = false
  const working = work().finally(() => {
    isDone = true
  })
  let most = 0
  while (!isDone) {
    most = Math.max(most, await read())
    await sleep(100)
  }
  await working
  return Math.max(most, await read())
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
