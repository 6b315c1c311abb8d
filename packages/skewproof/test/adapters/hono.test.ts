import { createServer as createServer2 } from 'node:http2'
import { createAdaptorServer } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { clockEndpoint, HttpError, health, requireToken, serverTime } from '../../src/http/hono/index.ts'
import type { VerifiedToken } from '../../src/tokens/index.ts'
import { listen } from './listen.ts'
import { sendHttp2 } from './send.ts'
import { describeAdapter } from './suite.ts'
import { protectedPaths, tokenOfQuery, type World } from './world.ts'

function application(world: World): Hono {
  const { clock, verifier, tokens, slow } = world
  const app = new Hono()
  const subject = (context: Context<{ Variables: { token: VerifiedToken | undefined } }>) =>
    context.json({ sub: context.get('token')?.claims.sub ?? null })

  app.use(serverTime({ clock }))
  app.use(cors({ origin: origin => origin }))
  // What caches may keep is the subject; a refusal it is not.
  app.use(async (context, next) => {
    context.res.headers.set('cache-control', 'public, max-age=60')
    await next()
  })
  app.use('/late/*', async (_context, next) => {
    clock.advance(5000)
    await next()
  })
  const paths = protectedPaths(world, (context: Context) =>
    tokenOfQuery(new URL(context.req.url).searchParams),
  )
  for (const [path, options] of Object.entries(paths)) {
    app.get(path, requireToken(options), context => context.json({ sub: context.get('token').claims.sub }))
  }
  app.get('/optional', requireToken({ verifier, optional: true }), subject)
  app.get('/revocable', requireToken({ tokens }), context => context.json(context.get('token').claims))
  app.get('/slow', requireToken({ verifier: slow }), context => {
    world.admitted += 1
    return context.json(context.get('token').claims)
  })
  app.get('/health', health({ clock }))
  app.get('/clock', clockEndpoint({ clock }))
  app.get('/late/clock', clockEndpoint({ clock }))
  app.get('/late', context => context.json({}))
  app.get('/exposing', context => {
    context.header('Access-Control-Expose-Headers', 'X-Total, date')
    context.header('X-Total', '7')
    return context.body(null)
  })
  app.onError(error => {
    const isRefusal = error instanceof HttpError
    const headers = { 'x-caught': isRefusal ? error.code : 'defect' }
    return new Response(null, { status: isRefusal ? error.status : 500, headers })
  })
  return app
}

describeAdapter('Hono', {
  start: world => listen(createAdaptorServer({ fetch: application(world).fetch })),
  joinsFields: true,
  admitsTheGone: true,
})
describeAdapter('Hono over HTTP/2', {
  start: world =>
    listen(createAdaptorServer({ fetch: application(world).fetch, createServer: createServer2 })),
  send: sendHttp2,
  joinsFields: true,
  admitsTheGone: true,
})
