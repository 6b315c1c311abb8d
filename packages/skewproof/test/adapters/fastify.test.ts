import { createRequire } from 'node:module'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { clockEndpoint, HttpError, health, requireToken, serverTime } from '../../src/http/fastify/index.ts'
import { sendHttp2 } from './send.ts'
import { describeAdapter } from './suite.ts'
import { createWorld, protectedPaths, tokenOfQuery, type World } from './world.ts'

/** With the types of version 5: what is used here is the same. */
const fastify4: typeof fastify = createRequire(import.meta.url)('fastify4')

const subject = async (request: FastifyRequest) => ({ sub: request.token?.claims.sub ?? null })

async function start(app: FastifyInstance, world: World): Promise<string> {
  const { clock, verifier, tokens, slow } = world
  onTestFinished(() => app.close())
  await app.register(serverTime({ clock }))
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers
    if (origin !== undefined) reply.header('access-control-allow-origin', origin)
    // What caches may keep is the subject; a refusal it is not.
    reply.header('cache-control', 'public, max-age=60')
    if (request.url.startsWith('/late')) clock.advance(5000)
  })
  app.options('*', async (_request, reply) => reply.code(204).send())
  const paths = protectedPaths(world, (request: FastifyRequest) =>
    tokenOfQuery(new URL(request.url, 'http://x').searchParams),
  )
  for (const [path, options] of Object.entries(paths)) {
    app.get(path, { onRequest: requireToken(options) }, subject)
  }
  app.get('/optional', { preHandler: requireToken({ verifier, optional: true }) }, subject)
  app.get('/revocable', { onRequest: requireToken({ tokens }) }, subject)
  const noteGone = async (_request: FastifyRequest, reply: FastifyReply) => {
    reply.raw.on('close', () => {
      world.gone += 1
    })
  }
  app.get('/slow', { onRequest: [noteGone, requireToken({ verifier: slow })] }, async request => {
    world.admitted += 1
    return subject(request)
  })
  app.get('/health', health({ clock }))
  app.get('/clock', clockEndpoint({ clock }))
  app.get('/late/clock', clockEndpoint({ clock }))
  app.get('/late', async () => ({}))
  app.get('/exposing', async (_request, reply) =>
    reply.headers({ 'Access-Control-Expose-Headers': 'X-Total, date', 'X-Total': '7' }).send(''),
  )
  app.setErrorHandler((error, _request, reply) => {
    const isRefusal = error instanceof HttpError
    const code = isRefusal ? error.code : 'defect'
    return reply
      .code(isRefusal ? error.status : 500)
      .header('x-caught', code)
      .send('')
  })
  return app.listen({ host: '127.0.0.1', port: 0 })
}

describeAdapter('Fastify 5', { start: world => start(fastify(), world) })
describeAdapter('Fastify 4', { start: world => start(fastify4(), world) })
describeAdapter('Fastify 5 over HTTP/2', {
  // The types of an instance differ by its server; what is used here does not.
  start: world => start(fastify({ http2: true }) as unknown as FastifyInstance, world),
  send: sendHttp2,
  joinsFields: true,
})

describe.each([
  ['Fastify 5', fastify],
  ['Fastify 4', fastify4],
] as const)('the headers that hooks of %s give to a request', (_version, create) => {
  const statusWith = async (sent: string | undefined, given: string | undefined, world: World) => {
    const app = create()
    app.addHook('onRequest', async request => {
      request.headers = { authorization: given }
    })
    app.get('/me', { onRequest: requireToken({ verifier: world.verifier }) }, subject)
    const headers = sent === undefined ? {} : { authorization: sent }
    return (await app.inject({ url: '/me', headers })).statusCode
  }

  it('count instead of those that were received', async () => {
    const world = createWorld()
    const good = `Bearer ${world.sign()}`
    expect(await statusWith(undefined, good, world)).toBe(200)
    expect(await statusWith('Basic YTpi', good, world)).toBe(200)
    expect(await statusWith(good, undefined, world)).toBe(401)
  })
})
