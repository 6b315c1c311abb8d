import { fileURLToPath } from 'node:url'
import { type Aim, atLeast, type Benchmark, type Cell, figure, type Table } from '../benchmark.js'
import { compareServers, type HttpContestant, type HttpOutcome } from '../harness/http-rounds.js'
import { briefLoad, type HttpRequest } from '../harness/load.js'
import { freePort } from '../harness/ports.js'
import { startRedis } from '../harness/redis.js'
import { ratio } from '../harness/rounds.js'
import { type Server, startServer } from '../harness/server.js'
import { basic, type SkewproofServer, startSkewproof } from '../harness/skewproof-server.js'
import { client } from '../servers/client.js'

const names = {
  bare: 'Fastify, bare',
  forwardAuth: '/forward-auth, embedded',
  introspect: '/oauth2/introspect, embedded',
  introspectRedis: '/oauth2/introspect, Redis',
  peerIntrospect: 'oidc-provider, introspection of opaque tokens',
  token: '/oauth2/token, embedded',
  tokenRedis: '/oauth2/token, Redis',
  peerToken: 'oidc-provider, tokens as JWT, ES256',
  peerTokenOpaque: 'oidc-provider, opaque tokens',
}

const method = `\`skewproof serve\` as it is installed, without its rate limit, one process, 64 connections, load by wrk from another process;
1,000 live tokens are asked about in turn. \`/oauth2/token\` is \`client_credentials\` with ES256, each token recorded in the store
before it is answered. \`oidc-provider\` has everything in memory; it introspects opaque tokens alone. *Processor*: what the
server uses of a core for each request.`

export const service: Benchmark = {
  name: 'service',
  title: 'The service',
  async run({ quick, progress }) {
    const redis = await startRedis()
    const servers: Server[] = []
    const started = async <S extends Server>(starting: Promise<S>): Promise<S> => {
      const server = await starting
      servers.push(server)
      return server
    }
    try {
      progress('start')
      const embedded = await started(startSkewproof())
      const shared = await started(startSkewproof(['--redis', redis.url]))
      const bare = await started(startPeer('fastify', 'bare', '/up'))
      const opaque = await started(startPeer('oidc-provider', 'opaque', '/jwks'))
      const jwt = await started(startPeer('oidc-provider', 'jwt', '/jwks'))
      const count = quick ? 50 : 1000
      const tokens = await embedded.issue(count)
      const opaqueTokens = await issueOpaque(opaque.port, count)
      const contestants: HttpContestant[] = [
        { name: names.bare, server: bare, requests: [{ path: '/me' }] },
        { name: names.forwardAuth, server: embedded, requests: tokens.map(forwardAuth) },
        { name: names.introspect, server: embedded, requests: tokens.map(introspection(embedded)) },
        {
          name: names.introspectRedis,
          server: shared,
          requests: (await shared.issue(count)).map(introspection(shared)),
        },
        { name: names.peerIntrospect, server: opaque, requests: opaqueTokens.map(peerIntrospection) },
        { name: names.token, server: embedded, requests: [tokenRequest(embedded)] },
        { name: names.tokenRedis, server: shared, requests: [tokenRequest(shared)] },
        { name: names.peerToken, server: jwt, requests: [peerTokenRequest] },
        { name: names.peerTokenOpaque, server: opaque, requests: [peerTokenRequest] },
      ]
      progress('load')
      const outcomes = await compareServers(contestants, {
        rounds: quick ? 1 : 5,
        ...(quick ? briefLoad : { seconds: 2 }),
        connections: 64,
        warmsUp: !quick,
      })
      return { method, tables: tablesOf(outcomes), aims: aimsOf(outcomes) }
    } finally {
      for (const server of servers) await server.end()
      await redis.end()
    }
  },
}

async function startPeer(file: string, way: string, path: string): Promise<Server> {
  const port = await freePort()
  const program = fileURLToPath(new URL(`../servers/${file}.js`, import.meta.url))
  return startServer([process.execPath, program, String(port), way], { port, path })
}

function forwardAuth(token: string): HttpRequest {
  return { path: '/forward-auth', headers: { authorization: `Bearer ${token}` } }
}

function introspection({ authorization }: SkewproofServer): (token: string) => HttpRequest {
  return token => ({
    method: 'POST',
    path: '/oauth2/introspect',
    headers: { authorization },
    body: `token=${token}`,
  })
}

function tokenRequest({ authorization }: SkewproofServer): HttpRequest {
  const body = 'grant_type=client_credentials'
  return { method: 'POST', path: '/oauth2/token', headers: { authorization }, body }
}

const peerAuthorization = { authorization: basic(client.id, client.secret) }
const peerTokenRequest: HttpRequest = {
  method: 'POST',
  path: '/token',
  headers: peerAuthorization,
  body: 'grant_type=client_credentials',
}

function peerIntrospection(token: string): HttpRequest {
  return { method: 'POST', path: '/token/introspection', headers: peerAuthorization, body: `token=${token}` }
}

async function issueOpaque(port: number, count: number): Promise<string[]> {
  const tokens: string[] = []
  for (let number = 0; number < count; number += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/token`, {
      method: 'POST',
      headers: { ...peerAuthorization, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials',
    })
    const { access_token: token } = (await response.json()) as { access_token?: string }
    if (token === undefined) throw new Error(`oidc-provider issued nothing: ${response.status}`)
    tokens.push(token)
  }
  return tokens
}

function find(outcomes: readonly HttpOutcome[], name: string): HttpOutcome {
  const outcome = outcomes.find(one => one.name === name)
  if (outcome === undefined) throw new Error(`${name} was not measured`)
  return outcome
}

function tablesOf(outcomes: readonly HttpOutcome[]): Table[] {
  const table = (caption: string, base: string, others: readonly string[]): Table => ({
    caption,
    head: ['', 'per second', 'processor', `to ${base}`],
    rows: [base, ...others].map((name): Cell[] => {
      const outcome = find(outcomes, name)
      return [
        name,
        figure('per second', outcome.rate),
        figure('us', outcome.processorUs),
        figure('times', ratio(outcome, find(outcomes, base))),
      ]
    }),
  })
  return [
    table('Whether a request may pass', names.bare, [names.forwardAuth]),
    table('Introspection', names.peerIntrospect, [names.introspect, names.introspectRedis]),
    table('Issue', names.peerToken, [names.peerTokenOpaque, names.token, names.tokenRedis]),
  ]
}

function aimsOf(outcomes: readonly HttpOutcome[]): Aim[] {
  const to = (name: string, base: string) =>
    figure('times', ratio(find(outcomes, name), find(outcomes, base)))
  return [
    atLeast(
      '`/oauth2/introspect`, embedded store, to oidc-provider in memory',
      4.5,
      to(names.introspect, names.peerIntrospect),
    ),
    atLeast(
      '`/oauth2/introspect` over Redis, to oidc-provider in memory',
      4,
      to(names.introspectRedis, names.peerIntrospect),
    ),
    atLeast(
      '`/oauth2/token`, ES256, Redis, to oidc-provider with ES256 in memory',
      3,
      to(names.tokenRedis, names.peerToken),
    ),
    atLeast('`/forward-auth`, of bare Fastify', 0.75, to(names.forwardAuth, names.bare)),
  ]
}
