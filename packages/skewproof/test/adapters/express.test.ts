import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express'
import { describe, expect, it } from 'vitest'
import { clockEndpoint, HttpError, health, requireToken, serverTime } from '../../src/http/express/index.ts'
import { listen } from './listen.ts'
import { sendHttp1 } from './send.ts'
import { describeAdapter } from './suite.ts'
import { createWorld, protectedPaths, tokenOfQuery, type World } from './world.ts'

/** With the types of version 5: what is used here is the same. */
const express4: typeof express = createRequire(import.meta.url)('express4')

const subject: RequestHandler = (request, response) => {
  response.json({ sub: request.token?.claims.sub ?? null })
}

/** What caches may keep is the subject; a refusal it is not. */
const caching: RequestHandler = (_request, response, next) => {
  response.set('cache-control', 'public, max-age=60')
  next()
}

const cors: RequestHandler = (request, response, next) => {
  const { origin } = request.headers
  if (origin !== undefined) response.setHeader('access-control-allow-origin', origin)
  if (request.method === 'OPTIONS') response.status(204).end()
  else next()
}

const onError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const isRefusal = error instanceof HttpError
  response.set('x-caught', isRefusal ? error.code : 'defect').status(isRefusal ? error.status : 500)
  response.end()
}

function application(create: typeof express, world: World): RequestListener {
  const { clock, verifier, tokens, slow } = world
  const app = create()
  app.use(serverTime({ clock }), cors, caching)
  app.use('/late', (_request, _response, next) => {
    clock.advance(5000)
    next()
  })
  const paths = protectedPaths(world, (request: Request) =>
    tokenOfQuery(new URL(request.originalUrl, 'http://x').searchParams),
  )
  for (const [path, options] of Object.entries(paths)) app.get(path, requireToken(options), subject)
  app.get('/optional', requireToken({ verifier, optional: true }), subject)
  app.get('/revocable', requireToken({ tokens }), subject)
  app.get('/slow', (_request, response, next) => {
    response.on('close', () => {
      world.gone += 1
    })
    next()
  })
  app.get('/slow', requireToken({ verifier: slow }), (request, response, next) => {
    world.admitted += 1
    subject(request, response, next)
  })
  app.get('/health', health({ clock }))
  app.get(['/clock', '/late/clock'], clockEndpoint({ clock }))
  app.get('/late', (_request, response) => {
    response.json({})
  })
  app.get('/exposing', (_request, response) => {
    response.writeHead(200, ['Access-Control-Expose-Headers', 'X-Total, date', 'X-Total', '7'])
    response.end()
  })
  app.use(onError)
  return app
}

describeAdapter('Express 5', { start: world => listen(createServer(application(express, world))) })
describeAdapter('Express 4', { start: world => listen(createServer(application(express4, world))) })

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('a refusal that %s cannot send, because of other middleware', (_version, create) => {
  it('goes to the error handling, and ends no process', async () => {
    const { verifier } = createWorld()
    const app = create()
    app.use((_request, response, next) => {
      const { setHeader } = response
      response.setHeader = () => {
        response.setHeader = setHeader
        throw new Error('a defect')
      }
      next()
    })
    app.get('/', requireToken({ verifier }), subject)
    app.use(onError)
    const received = await sendHttp1(await listen(createServer(app)))
    expect([received.status, received.headers['x-caught']]).toEqual([500, 'defect'])
  })
})
