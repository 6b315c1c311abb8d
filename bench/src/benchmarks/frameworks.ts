import { fileURLToPath } from 'node:url'
import { importSigningKey } from 'skewproof'
import {
  type Aim,
  atLeast,
  type Benchmark,
  type Cell,
  type Figure,
  figure,
  type Table,
} from '../benchmark.js'
import { compareServers, type HttpContestant, type HttpOutcome } from '../harness/http-rounds.js'
import { briefLoad } from '../harness/load.js'
import { freePort } from '../harness/ports.js'
import { ratio } from '../harness/rounds.js'
import { type Server, startServer } from '../harness/server.js'
import { type BenchKey, makeTokens } from '../peers/tokens.js'
import { secret, secretKey } from '../servers/keys.js'

const frameworks = [
  { name: 'Express', file: 'express', peer: 'express-jwt' },
  { name: 'Fastify', file: 'fastify', peer: '@fastify/jwt, with its cache' },
  { name: 'Hono', file: 'hono', peer: 'hono/jwt' },
]

const method = `Requests per second of one process that answers a little JSON, 64 connections, 1,000 live tokens (HS256), load by wrk from another
process. *Processor*: what the server uses of a core for each request, which does not depend on who puts the load on it. The
peer's middleware verifies each token, but for \`@fastify/jwt\`, which has a cache; ours keeps what it has verified and judges it again.`

export const frameworkBenchmark: Benchmark = {
  name: 'frameworks',
  title: 'Frameworks with middleware',
  async run({ quick, progress }) {
    const servers: Server[] = []
    try {
      progress('start')
      const contestants: HttpContestant[] = [await start(servers, 'node:http', 'node', 'bare')]
      for (const { name, file, peer } of quick ? frameworks.slice(1, 2) : frameworks) {
        contestants.push(await start(servers, name, file, 'bare'))
        contestants.push(await start(servers, `${name}, ${peer}`, file, 'peer'))
        contestants.push(await start(servers, `${name}, skewproof`, file, 'skewproof'))
      }
      progress('load')
      const outcomes = await compareServers(contestants, {
        rounds: quick ? 1 : 5,
        ...(quick ? briefLoad : { seconds: 2 }),
        connections: 64,
        warmsUp: !quick,
      })
      return { method, tables: [tableOf(outcomes)], aims: aimsOf(outcomes) }
    } finally {
      for (const server of servers) await server.end()
    }
  },
}

async function start(servers: Server[], name: string, file: string, way: string): Promise<HttpContestant> {
  const port = await freePort()
  const path = fileURLToPath(new URL(`../servers/${file}.js`, import.meta.url))
  const server = await startServer([process.execPath, path, String(port), way], { port, path: '/up' })
  servers.push(server)
  const tokens = makeTokens(key, 1000)
  const requests = tokens.map(token => ({ path: '/me', headers: { authorization: `Bearer ${token}` } }))
  return { name, server, requests }
}

const key: BenchKey = {
  alg: 'HS256',
  signing: importSigningKey(secret, { alg: 'HS256' }),
  publicKey: secretKey,
  publicPem: '',
}

/** The bare framework that an outcome is to be compared with. */
function bareOf(outcomes: readonly HttpOutcome[], { name }: HttpOutcome): HttpOutcome | undefined {
  return outcomes.find(one => one.name === name.split(',')[0])
}

function toBare(outcomes: readonly HttpOutcome[], outcome: HttpOutcome): Figure {
  const bare = bareOf(outcomes, outcome)
  return figure('times', bare === undefined ? Number.NaN : ratio(outcome, bare))
}

function tableOf(outcomes: readonly HttpOutcome[]): Table {
  const rows = outcomes.map((outcome): Cell[] => [
    outcome.name,
    figure('per second', outcome.rate),
    figure('us', outcome.processorUs),
    toBare(outcomes, outcome),
  ])
  return { head: ['', 'per second', 'processor', 'of bare'], rows }
}

function aimsOf(outcomes: readonly HttpOutcome[]): Aim[] {
  return outcomes
    .filter(({ name }) => name.endsWith(', skewproof'))
    .map(outcome => atLeast(`${outcome.name}: of the bare framework`, 0.85, toBare(outcomes, outcome)))
}
