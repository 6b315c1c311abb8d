import type { Algorithm } from 'skewproof'
import { type Aim, atLeast, type Benchmark, type Cell, figure, type Table } from '../benchmark.js'
import { compare, type Outcome, outcomeOf, ratio } from '../harness/rounds.js'
import { TokenPool } from '../harness/token-pool.js'
import { makeKey, makeTokens } from '../peers/tokens.js'
import {
  peerVerifiers,
  rawReader,
  rawVerifier,
  skewproofKeepingVerifier,
  skewproofVerifier,
  takeApart,
} from '../peers/verifiers.js'

const algorithms: readonly Algorithm[] = ['HS256', 'RS256', 'ES256', 'EdDSA']
const ofRaw: Partial<Record<Algorithm, number>> = { HS256: 0.65, RS256: 0.93, ES256: 0.97, EdDSA: 0.97 }

export const verifyFirst: Benchmark = {
  name: 'verify-first',
  title: 'Verify a token for the first time',
  async run({ quick, progress }) {
    const tables: Table[] = []
    const aims: Aim[] = []
    for (const alg of algorithms) {
      progress(alg)
      const outcomes = await measure(alg, quick)
      tables.push(tableOf(alg, outcomes))
      aims.push(...aimsOf(alg, outcomes))
    }
    return { method, tables, aims }
  },
}

const method = `All claims are checked: signature, issuer, audience, times. Each library has the key in the form that suits it best,
and no cache; *skewproof, keeping it* also puts the token into its cache, as it does unless it is told otherwise. The raw limit is
\`node:crypto\` alone, on bytes that have been decoded beforehand; *node:crypto and JSON.parse* also decodes and reads the payload,
and checks none of it.`

async function measure(alg: Algorithm, quick: boolean): Promise<readonly Outcome[]> {
  const key = makeKey(alg)
  // Several times what the cache holds, so that no token is known when it comes again.
  const pool = new TokenPool(makeTokens(key, quick ? 300 : 8000))
  const prepare = (count: number) => pool.some(count).map(takeApart)
  const ways = [rawVerifier, rawReader, skewproofVerifier, skewproofKeepingVerifier].map(make => make(key))
  return compare(
    [...ways, ...peerVerifiers(key)].map(way => ({ ...way, prepare })),
    // Short rounds: what disturbs one of them disturbs few that it is compared with.
    { rounds: quick ? 1 : 60, roundMs: quick ? 5 : 25 },
  )
}

function tableOf(alg: Algorithm, outcomes: readonly Outcome[]): Table {
  const raw = outcomeOf(outcomes, 'node:crypto')
  const ours = outcomeOf(outcomes, 'skewproof')
  const rows = outcomes.map((outcome): Cell[] => [
    outcome.name,
    figure('per second', outcome.rate),
    figure('times', ratio(outcome, raw)),
    figure('times', ratio(ours, outcome)),
  ])
  return { caption: alg, head: ['', 'per second', 'of the raw limit', 'skewproof to it'], rows }
}

function aimsOf(alg: Algorithm, outcomes: readonly Outcome[]): Aim[] {
  const raw = outcomeOf(outcomes, 'node:crypto')
  const ours = outcomeOf(outcomes, 'skewproof')
  const aims = [
    atLeast(
      `verify, first time, ${alg}, of raw node:crypto`,
      ofRaw[alg] ?? 0,
      figure('times', ratio(ours, raw)),
    ),
  ]
  if (alg === 'HS256') {
    const fastJwt = figure('times', ratio(ours, outcomeOf(outcomes, 'fast-jwt')))
    aims.push(atLeast('verify, first time, HS256, to fast-jwt', 1.7, fastJwt))
  }
  return aims
}
