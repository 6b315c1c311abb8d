import { createServer, IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createServer2 } from 'node:http2'
import { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { eventually } from '../../../../test/support/processes.ts'
import type { NodeRequest, NodeResponse } from '../../src/http/node/index.ts'
import { clockEndpoint, HttpError, health, requireToken, serverTime } from '../../src/http/node/index.ts'
import { nodeFields } from '../../src/http/node/message.ts'
import { listen } from './listen.ts'
import { sendHttp1, sendHttp2 } from './send.ts'
import { describeAdapter } from './suite.ts'
import { createWorld, nowSeconds, protectedPaths, tokenOfQuery, type World } from './world.ts'

/** What the requests and responses of `node:http` and `node:http2` have in common, as far as it is used here. */
interface Request extends NodeRequest {
  readonly url?: string | undefined
  readonly method?: string | undefined
}
interface Response extends NodeResponse {
  on(event: 'close', listener: () => void): unknown
}
type Listener = (request: Request, response: Response) => unknown
type Token = { readonly claims: { readonly sub?: string } } | undefined

function sendSubject(_request: Request, response: Response, token: Token): void {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ sub: token?.claims.sub ?? null }))
}

function listenerFor(world: World): Listener {
  const { clock, verifier, tokens, slow } = world
  const paths = protectedPaths(world, ({ url }: Request) =>
    tokenOfQuery(new URL(url ?? '', 'http://x').searchParams),
  )
  const guarded = Object.entries(paths).map(([path, options]): [string, Listener] => [
    path,
    requireToken({ ...options, onError: () => {} }, sendSubject),
  ])
  const late =
    (listener: Listener): Listener =>
    (request, response) => {
      clock.advance(5000)
      return listener(request, response)
    }
  const slowly = requireToken({ verifier: slow }, (request: Request, response: Response, token) => {
    world.admitted += 1
    sendSubject(request, response, token)
  })
  const routes = new Map<string, Listener>([
    ...guarded,
    ['/optional', requireToken({ verifier, optional: true }, sendSubject)],
    ['/revocable', requireToken({ tokens }, sendSubject)],
    [
      '/slow',
      (request, response) => {
        response.on('close', () => {
          world.gone += 1
        })
        return slowly(request, response)
      },
    ],
    ['/health', health({ clock })],
    ['/clock', clockEndpoint({ clock })],
    ['/late/clock', late(clockEndpoint({ clock }))],
    ['/late', late((_request, response) => response.end('{}'))],
    [
      '/exposing',
      (_request, response) => {
        response.writeHead(200, { 'access-control-expose-headers': 'X-Total, date', 'x-total': 7 })
        response.end('')
      },
    ],
  ])

  return serverTime({ clock }, async (request: Request, response: Response) => {
    const origin = request.headers['origin']
    if (origin !== undefined) response.setHeader('access-control-allow-origin', origin)
    // What caches may keep is the subject; a refusal it is not.
    response.setHeader('cache-control', 'public, max-age=60')
    if (request.method === 'OPTIONS') {
      response.statusCode = 204
      response.end('')
      return
    }
    const listener = routes.get(new URL(request.url ?? '', 'http://x').pathname)
    try {
      if (listener === undefined) throw new HttpError(404, 'ERR_NOT_FOUND', 'nothing is here')
      await listener(request, response)
    } catch (error) {
      const isRefusal = error instanceof HttpError
      response.statusCode = isRefusal ? error.status : 500
      response.setHeader('x-caught', isRefusal ? error.code : 'defect')
      response.end('')
    }
  })
}

describeAdapter('node:http', { start: world => listen(createServer(listenerFor(world))) })
describeAdapter('node:http2', {
  start: world => listen(createServer2(listenerFor(world))),
  send: sendHttp2,
  joinsFields: true,
})

describe('a defect of the application', () => {
  const statusOf = async (onError?: (error: unknown, request: IncomingMessage) => void) => {
    const { verifier } = createWorld()
    const from = ({ url }: IncomingMessage) => tokenOfQuery(new URL(url ?? '', 'http://x').searchParams)
    const listener = requireToken({ verifier, from, onError }, () => {})
    return (await sendHttp1(`${await listen(createServer(listener))}/?fail`)).status
  }
  const defect = new Error('a defect: secret-of-the-application')

  it('is told to onError, with the request', async () => {
    const told: unknown[] = []
    expect(await statusOf((error, { url }) => told.push(error, url))).toBe(500)
    expect(told).toEqual([defect, '/?fail'])
  })

  it('is written to the console without that', async () => {
    const write = vi.spyOn(console, 'error').mockImplementation(() => {})
    try {
      expect(await statusOf()).toBe(500)
      expect(write.mock.calls).toEqual([[defect]])
    } finally {
      write.mockRestore()
    }
  })
})

describe('a request that somebody else has answered meanwhile', () => {
  it.each(['good', 'bad'])('is left alone, with a %s token', async kind => {
    const world = createWorld()
    const results: unknown[] = []
    const guarded = requireToken({ verifier: world.slow }, () => void results.push('admitted'))
    const url = await listen(
      createServer((request, response) => {
        guarded(request, response).then(
          () => results.push('left alone'),
          error => results.push(error),
        )
        response.writeHead(503).end('too slow')
      }),
    )
    const token = world.sign(kind === 'good' ? {} : { exp: nowSeconds, iat: nowSeconds - 1 })
    const received = await sendHttp1(url, { headers: { authorization: `Bearer ${token}` } })
    expect([received.status, received.text]).toEqual([503, 'too slow'])
    world.release()
    await eventually(async () => expect(results).toEqual(['left alone']))
  })
})

describe('the fields of a request', () => {
  const valuesOf = (request: NodeRequest, name = 'authorization') => nodeFields(request).values(name)

  it.each([
    [
      'as received',
      { headers: { authorization: 'a' }, rawHeaders: ['Host', 'x', 'AUTHORIZATION', 'a'] },
      ['a'],
    ],
    [
      'received twice',
      { headers: { authorization: 'a' }, rawHeaders: ['authorization', 'a', 'Authorization', 'b'] },
      ['a', 'b'],
    ],
    ['set by middleware', { headers: { authorization: 'b' }, rawHeaders: ['authorization', 'a'] }, ['b']],
    ['removed by middleware', { headers: {}, rawHeaders: ['authorization', 'a'] }, []],
    ['of a request that was not received', { headers: { authorization: 'a' } }, ['a']],
    [
      'of one with none of what was received',
      { headers: { authorization: ['a', 'b'] }, rawHeaders: [] },
      ['a', 'b'],
    ],
  ])('are those that the application sees: %s', (_name, request, values) => {
    expect(valuesOf(request)).toEqual(values)
  })

  it('let an application run behind an adapter of a cloud, which fills in nothing but headers', async () => {
    const world = createWorld()
    const request = Object.assign(new IncomingMessage(new Socket()), {
      headers: { authorization: `Bearer ${world.sign()}` },
    })
    const admitted: unknown[] = []
    const guarded = requireToken({ verifier: world.verifier }, (_request, _response, { claims }) => {
      admitted.push(claims.sub)
    })
    await guarded(request, new ServerResponse(request))
    expect(admitted).toEqual(['alice'])
  })
})

describe('the head of a response', () => {
  it.each([
    ['an object', { 'Set-Cookie': ['a=1', 'b=2'], 'X-Number': 5 }],
    ['a list', ['set-cookie', 'a=1', 'Set-Cookie', 'b=2', 'x-number', '5']],
    // Node takes these, too, though its types do not.
    ['pairs', [['set-cookie', ['a=1', 'b=2']] as unknown as string[], ['x-number', '5']]],
    ['null', null as unknown as undefined],
  ])('is written as without serverTime, with fields in %s', async (_name, fields) => {
    const { clock } = createWorld()
    const write = (_request: Request, response: Response) => {
      if (!Array.isArray(fields)) response.setHeader('X-Number', 'replaced')
      response.writeHead(201, 'Made', fields)
      response.end('body')
    }
    const plain = await sendHttp1(await listen(createServer(write)))
    const timed = await sendHttp1(await listen(createServer(serverTime({ clock }, write))))
    const { 'x-server-time': time, 'access-control-expose-headers': exposed, ...rest } = timed.headers
    expect([time, exposed]).toEqual(['2027-01-15T08:00:00.000Z', 'X-Server-Time, Date, Age, Retry-After'])
    expect({ ...timed, headers: { ...rest, date: '' } }).toEqual({
      ...plain,
      headers: { ...plain.headers, date: '' },
    })
  })

  it('is written over HTTP/2 with fields in pairs', async () => {
    const { clock } = createWorld()
    const write = (_request: Request, response: Response) => {
      response.writeHead(201, [['x-number', '5']])
      response.end('body')
    }
    const { status, headers, text } = await sendHttp2(
      await listen(createServer2(serverTime({ clock }, write))),
    )
    expect([status, headers['x-number'], text]).toEqual([201, '5', 'body'])
    expect(headers['x-server-time']).toBe('2027-01-15T08:00:00.000Z')
  })
})
