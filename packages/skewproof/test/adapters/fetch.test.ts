import { createAdaptorServer } from '@hono/node-server'
import { describe, expect, it } from 'vitest'
import { clockEndpoint, HttpError, health, requireToken, serverTime } from '../../src/http/fetch/index.ts'
import { listen } from './listen.ts'
import { describeAdapter } from './suite.ts'
import { createWorld, protectedPaths, tokenOfQuery, type World } from './world.ts'

type Handle = (request: Request) => Response | Promise<Response>
type Token = { readonly claims: { readonly sub?: string } } | undefined

const subject = (_request: Request, token: Token) => Response.json({ sub: token?.claims.sub ?? null })

function handlerFor(world: World): Handle {
  const { clock, verifier, tokens, slow } = world
  const paths = protectedPaths(world, (request: Request) => tokenOfQuery(new URL(request.url).searchParams))
  const guarded = Object.entries(paths).map(([path, options]): [string, Handle] => [
    path,
    requireToken(options, subject),
  ])
  const late =
    (handle: Handle): Handle =>
    request => {
      clock.advance(5000)
      return handle(request)
    }
  const routes = new Map<string, Handle>([
    ...guarded,
    ['/optional', requireToken({ verifier, optional: true }, subject)],
    ['/revocable', requireToken({ tokens }, subject)],
    [
      '/slow',
      requireToken({ verifier: slow }, (request: Request, token) => {
        world.admitted += 1
        return subject(request, token)
      }),
    ],
    ['/health', health({ clock })],
    ['/clock', clockEndpoint({ clock })],
    ['/late/clock', late(clockEndpoint({ clock }))],
    ['/late', late(() => Response.json({}))],
    [
      '/exposing',
      () =>
        new Response('', { headers: { 'access-control-expose-headers': 'X-Total, date', 'x-total': '7' } }),
    ],
  ])

  const route: Handle = async request => {
    const handle = routes.get(new URL(request.url).pathname)
    try {
      return (await handle?.(request)) ?? new Response(null, { status: 404 })
    } catch (error) {
      const isRefusal = error instanceof HttpError
      const headers = { 'x-caught': isRefusal ? error.code : 'defect' }
      return new Response(null, { status: isRefusal ? error.status : 500, headers })
    }
  }
  return serverTime({ clock }, async (request: Request) => {
    const origin = request.headers.get('origin')
    const response = request.method === 'OPTIONS' ? new Response(null, { status: 204 }) : await route(request)
    if (origin !== null) response.headers.set('access-control-allow-origin', origin)
    return response
  })
}

describeAdapter('the Fetch standard', {
  start: world => listen(createAdaptorServer({ fetch: handlerFor(world) })),
  joinsFields: true,
  admitsTheGone: true,
})

describe('serverTime of the Fetch standard', () => {
  const { clock } = createWorld()
  const stamp = (response: Response) => serverTime({ clock }, () => response)(new Request('http://x'))

  it('copies a response whose head cannot be changed', async () => {
    const response = await stamp(Response.redirect('http://x/y', 307))
    expect([response.status, response.headers.get('location')]).toEqual([307, 'http://x/y'])
    expect(response.headers.get('x-server-time')).toBe('2027-01-15T08:00:00.000Z')
  })

  it('leaves alone what is no answer', async () => {
    const failed = Response.error()
    expect(await stamp(failed)).toBe(failed)
  })

  it('gives handlers what the runtime passes along', async () => {
    const { verifier, sign } = createWorld()
    const handle = serverTime(
      { clock },
      requireToken({ verifier }, (_request, { claims }, environment: { name: string }) =>
        Response.json([claims.sub, environment.name]),
      ),
    )
    const request = new Request('http://x', { headers: { authorization: `Bearer ${sign()}` } })
    expect(await (await handle(request, { name: 'edge' })).json()).toEqual(['alice', 'edge'])
  })
})
