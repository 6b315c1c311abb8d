import { createVerifier as createFastJwtVerifier } from 'fast-jwt'
import { createVerifier, importSigningKey } from 'skewproof'
import { type Benchmark, figure, type Plot, type PlotPoint, type Table } from '../benchmark.js'
import { startRedis } from '../harness/redis.js'
import { type Contestant, compare } from '../harness/rounds.js'
import { inBatches, issueMany, serviceOver } from '../harness/services.js'
import { withStores } from '../harness/stores.js'
import { TokenPool } from '../harness/token-pool.js'
import { startWorker, type Worker } from '../harness/workers.js'
import { ours, writtenWell } from '../peers/redis-verifiers.js'
import { audience, issuer, makeKey, makeTokens } from '../peers/tokens.js'

const method = `What becomes slower, or takes more, when there is more of something. *Tokens*: verified before (HS256), in a cache that holds them
all. *Keys*: an issuer with so many, each token signed by another of them. *Processes*: all verify over one Redis at the same time, on
this machine's cores. *Subjects*: a subject with so many live tokens is revoked, in one call. *Issued*: with so many live tokens in
the store already.`

interface Growth {
  readonly name: string
  readonly title: string
  readonly x: string
  readonly y: string
  readonly unit: 'per second' | 'ms'
  readonly points: readonly PlotPoint[]
}

export const growth: Benchmark = {
  name: 'growth',
  title: 'Growth',
  async run({ quick, progress }) {
    const all: Growth[] = []
    for (const [name, measure] of Object.entries({ tokens, keys, processes, subjects, issued })) {
      progress(name)
      all.push(await measure(quick))
    }
    return { method, tables: all.map(tableOf), plots: all.map(plotOf) }
  },
}

async function tokens(quick: boolean): Promise<Growth> {
  const counts = quick ? [1, 100] : [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]
  const most = counts.at(-1) ?? 1
  const key = makeKey('HS256')
  const made = makeTokens(key, most)
  const cacheSize = 2 * most + 2
  const verifier = createVerifier({ issuer, audience, keys: [key.signing], cacheSize })
  const fast = createFastJwtVerifier({
    key: key.publicKey.export(),
    algorithms: ['HS256'],
    cache: cacheSize,
    cacheTTL: 7_200_000,
  })
  const points: PlotPoint[] = []
  let known = 0
  for (const count of counts) {
    for (const token of made.slice(known, count)) {
      await verifier.verify(token)
      fast(token)
    }
    known = count
    const pool = new TokenPool(made.slice(0, count))
    const outcomes = await compare(
      [
        sync('skewproof, verifyCached', pool, token => verifier.verifyCached(token)),
        sync('fast-jwt, cache', pool, token => fast(token)),
      ],
      { rounds: quick ? 1 : 7, roundMs: quick ? 5 : 60 },
    )
    points.push(...outcomes.map(({ name, rate }) => ({ line: name, x: count, y: rate.median })))
  }
  return {
    name: 'tokens',
    title: 'Verify, seen before',
    x: 'live tokens',
    y: 'per second',
    unit: 'per second',
    points,
  }
}

function sync(name: string, pool: TokenPool, verify: (token: string) => unknown): Contestant<string> {
  return {
    name,
    prepare: count => pool.some(count),
    run(items) {
      for (const token of items) if (verify(token) === undefined) throw new Error(`${name}: not known`)
    },
  }
}

async function keys(quick: boolean): Promise<Growth> {
  const points: PlotPoint[] = []
  for (const count of quick ? [1, 3] : [1, 3, 10, 30, 100]) {
    const all = Array.from({ length: count }, (_, number) => {
      const key = makeKey('ES256')
      return {
        ...key,
        signing: importSigningKey(key.signing.signWith, { alg: 'ES256', kid: `key-${number}` }),
      }
    })
    const perKey = Math.ceil((quick ? 100 : 4000) / count)
    const pool = new TokenPool(all.flatMap((key, number) => makeTokens(key, perKey, number * perKey)))
    const verifier = createVerifier({
      issuer,
      audience,
      keys: all.map(({ signing }) => signing),
      cacheSize: 0,
    })
    const [outcome] = await compare(
      [
        {
          name: 'skewproof',
          prepare: size => pool.some(size),
          async run(items) {
            for (const token of items) await verifier.verify(token)
          },
        },
      ],
      { rounds: quick ? 1 : 7, roundMs: quick ? 5 : 80 },
    )
    points.push({ line: 'skewproof', x: count, y: outcome?.rate.median ?? Number.NaN })
  }
  return {
    name: 'keys',
    title: 'Verify for the first time, ES256',
    x: 'keys',
    y: 'per second',
    unit: 'per second',
    points,
  }
}

async function processes(quick: boolean): Promise<Growth> {
  const redis = await startRedis()
  const workers: Worker[] = []
  const points: PlotPoint[] = []
  try {
    for (const count of quick ? [1, 2] : [1, 2, 4, 8]) {
      while (workers.length < count) {
        workers.push(await startWorker('redis-verifier', [redis.url, quick ? '20' : '500']))
      }
      for (const name of [ours, writtenWell]) {
        const answers = await Promise.all(
          workers.map(worker =>
            worker.ask<{ verified: number; tookMs: number }>({ name, ms: quick ? 20 : 1500 }),
          ),
        )
        const rate = answers.reduce((sum, { verified, tookMs }) => sum + (verified / tookMs) * 1000, 0)
        points.push({ line: name, x: count, y: rate })
      }
    }
  } finally {
    for (const worker of workers) await worker.end()
    await redis.end()
  }
  return {
    name: 'processes',
    title: 'Verify with revocation over Redis',
    x: 'processes',
    y: 'per second',
    unit: 'per second',
    points,
  }
}

async function subjects(quick: boolean): Promise<Growth> {
  const points = await withStores(async stores => {
    const found: PlotPoint[] = []
    for (const { name, store } of stores) {
      const service = serviceOver(store, { algorithm: 'HS256' })
      for (const count of quick ? [1, 50] : [1, 10, 100, 1000, 10_000, 100_000]) {
        await issueMany(service, count, { subjects: 1 })
        const startedMs = performance.now()
        await service.revokeSubject('user-00000000')
        found.push({ line: name, x: count, y: performance.now() - startedMs })
      }
    }
    return found
  })
  return {
    name: 'subjects',
    title: 'Revoke a subject',
    x: 'tokens of the subject',
    y: 'ms',
    unit: 'ms',
    points,
  }
}

async function issued(quick: boolean): Promise<Growth> {
  const step = quick ? 100 : 20_000
  const points = await withStores(async stores => {
    const found: PlotPoint[] = []
    for (const { name, store } of stores) {
      const service = serviceOver(store)
      for (let there = 0; there < (quick ? 2 : 6) * step; there += step) {
        const startedMs = performance.now()
        await inBatches([...Array(step).keys()], 64, number =>
          service.issue({ subject: `user-${there + number}` }),
        )
        found.push({ line: name, x: there + step, y: (step / (performance.now() - startedMs)) * 1000 })
      }
    }
    return found
  })
  return {
    name: 'issued',
    title: 'Issue, ES256',
    x: 'tokens in the store',
    y: 'per second',
    unit: 'per second',
    points,
  }
}

function tableOf({ title, x, unit, points }: Growth): Table {
  const lines = [...new Set(points.map(({ line }) => line))]
  const places = [...new Set(points.map(point => point.x))]
  const at = (line: string, place: number) =>
    points.find(point => point.line === line && point.x === place)?.y ?? Number.NaN
  return {
    caption: title,
    head: [x, ...lines],
    rows: places.map(place => [figure('count', place), ...lines.map(line => figure(unit, at(line, place)))]),
  }
}

function plotOf({ name, title, x, y, points }: Growth): Plot {
  const isLogX = name === 'tokens' || name === 'subjects' || name === 'keys'
  return { name: `growth-${name}`, title, x, y, isLogX, points }
}
