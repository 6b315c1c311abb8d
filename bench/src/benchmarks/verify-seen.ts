import { createVerifier as createFastJwtVerifier } from 'fast-jwt'
import type { Algorithm, TokenService } from 'skewproof'
import { type Aim, atLeast, type Benchmark, type Cell, figure, type Table } from '../benchmark.js'
import { type Contestant, compare, type Outcome, outcomeOf, ratio } from '../harness/rounds.js'
import { inBatches, issueMany, serviceOver } from '../harness/services.js'
import { type OpenStore, withStores } from '../harness/stores.js'
import { TokenPool } from '../harness/token-pool.js'
import { audience, issuer } from '../peers/tokens.js'

interface Case {
  readonly alg: Algorithm
  readonly count: number
  readonly stores: readonly OpenStore['name'][]
}

const cases: readonly Case[] = [
  { alg: 'ES256', count: 1, stores: ['memory', 'lmdb', 'redis'] },
  { alg: 'ES256', count: 10_000, stores: ['memory', 'lmdb', 'redis'] },
  { alg: 'HS256', count: 10_000, stores: ['memory'] },
  { alg: 'HS256', count: 1_000_000, stores: ['memory'] },
]

const method = `All tokens are live and have been verified before. \`verifyCached\` answers without waiting, \`verify\` is waited for, one
after the other. Both look for revocations in the store each time, and judge the times of the token again; fast-jwt does
neither, and its cache is as large. HS256 is for a million tokens, which are made in less time; a token that is known
is found in the same way whatever signed it.`

export const verifySeen: Benchmark = {
  name: 'verify-seen',
  title: 'Verify a token that was seen before',
  async run({ quick, progress }) {
    const tables: Table[] = []
    const aims: Aim[] = []
    const rates: number[] = []
    for (const one of quick ? cases.slice(0, 2) : cases) {
      progress(nameOf(one))
      const outcomes = await measure(quick ? { ...one, count: Math.min(one.count, 200) } : one, quick)
      tables.push(tableOf(one, outcomes))
      rates.push(outcomeOf(outcomes, nameOfCached('memory')).rate.median)
      if (one.alg === 'ES256' && one.count === 10_000) aims.push(...aimsOf(outcomes))
    }
    const [, , tenThousand = Number.NaN, million = Number.NaN] = rates
    if (!quick) {
      const share = figure('times', million / tenThousand)
      aims.push(atLeast('verify, seen before, 1,000,000 live tokens, to 10,000', 0.5, share))
    }
    return { method, tables, aims }
  },
}

function measure({ alg, count, stores }: Case, quick: boolean): Promise<readonly Outcome[]> {
  return withStores(async opened => {
    const contestants: Contestant<string>[] = []
    for (const { name, store } of opened.filter(one => stores.includes(one.name))) {
      const tokens = serviceOver(store, { algorithm: alg, cacheSize: count * 2 + 100 })
      const issued = await issueMany(tokens, count)
      await inBatches(issued, 256, token => tokens.verify(token))
      const pool = new TokenPool(issued)
      contestants.push(cached(name, tokens, pool), waited(name, tokens, pool))
      if (name === 'memory') contestants.push(await fastJwt(alg, tokens, issued, pool))
    }
    return compare(contestants, { rounds: quick ? 1 : 15, roundMs: quick ? 5 : 80 })
  })
}

function nameOfCached(store: OpenStore['name']): string {
  return `verifyCached, ${store}`
}

function cached(store: OpenStore['name'], tokens: TokenService, pool: TokenPool): Contestant<string> {
  return {
    name: nameOfCached(store),
    prepare: count => pool.some(count),
    async run(items) {
      // As it is used: once a minute the keys are read again, and over Redis a proof may come late.
      for (const token of items) if (tokens.verifyCached(token) === undefined) await tokens.verify(token)
    },
  }
}

function waited(store: OpenStore['name'], tokens: TokenService, pool: TokenPool): Contestant<string> {
  return {
    name: `verify, ${store}`,
    prepare: count => pool.some(count),
    async run(items) {
      for (const token of items) await tokens.verify(token)
    },
  }
}

async function fastJwt(
  alg: Algorithm,
  tokens: TokenService,
  issued: readonly string[],
  pool: TokenPool,
): Promise<Contestant<string>> {
  const { verifyWith } = await tokens.keys.signingKey()
  const isSecret = verifyWith.type === 'secret'
  const check = createFastJwtVerifier({
    key: isSecret ? verifyWith.export() : verifyWith.export({ type: 'spki', format: 'pem' }),
    algorithms: [alg],
    allowedIss: issuer,
    allowedAud: audience,
    cache: issued.length * 2 + 100,
    cacheTTL: 7_200_000,
  })
  await inBatches(issued, 256, async token => check(token))
  return {
    name: 'fast-jwt, cache',
    prepare: count => pool.some(count),
    run(items) {
      for (const token of items) check(token)
    },
  }
}

function nameOf({ alg, count }: Case): string {
  return `${count.toLocaleString('en')} live ${count === 1 ? 'token' : 'tokens'}, ${alg}`
}

function tableOf(one: Case, outcomes: readonly Outcome[]): Table {
  const fast = outcomeOf(outcomes, 'fast-jwt, cache')
  const rows = outcomes.map((outcome): Cell[] => [
    outcome.name,
    figure('per second', outcome.rate),
    figure('times', ratio(outcome, fast)),
  ])
  return { caption: nameOf(one), head: ['', 'per second', 'to fast-jwt, cache'], rows }
}

function aimsOf(outcomes: readonly Outcome[]): Aim[] {
  const fast = outcomeOf(outcomes, 'fast-jwt, cache')
  return (['memory', 'lmdb', 'redis'] as const).map(store =>
    atLeast(
      `verify, seen before, 10,000 live tokens, revocation checked in ${store}, to fast-jwt's cache`,
      10,
      figure('times', ratio(outcomeOf(outcomes, nameOfCached(store)), fast)),
    ),
  )
}
