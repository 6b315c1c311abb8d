import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { createTokenService } from 'skewproof'
import { createServiceClient, type TokenClient } from 'skewproof/client'
import { memoryStore } from 'skewproof/memory'
import { requireToken } from 'skewproof/node'
import { type TokenInterceptorOptions, tokenInterceptor } from 'skewproof/undici'
import {
  Agent,
  Client,
  type Dispatcher,
  fetch,
  getGlobalDispatcher,
  Pool,
  request,
  setGlobalDispatcher,
} from 'undici'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'

const tokens = createTokenService({ issuer: 'https://auth.test', audience: 'api', store: memoryStore() })

/** A token endpoint and an API behind it, with tokens of a real service. */
async function startApi(): Promise<{ url: string; asked: string[]; issued: string[] }> {
  const asked: string[] = []
  const issued: string[] = []
  const api = requireToken({ tokens }, async (incoming: IncomingMessage, response: ServerResponse, token) => {
    const sent = (await incoming.setEncoding('utf8').toArray()).join('')
    response.end(`${token.claims.sub} ${sent}`)
  })
  const server = createServer(async (incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    if (incoming.url === '/open') return response.end(`${incoming.headers.authorization}`)
    if (incoming.url !== '/token') return api(incoming, response)
    const answer = await tokens.issue({ subject: 'reports', expiresIn: '1h' })
    issued.push(answer.jti)
    response.end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return { url: `http://127.0.0.1:${address.port}`, asked, issued }
}

let api: Awaited<ReturnType<typeof startApi>>
let client: TokenClient
let dispatcher: Dispatcher

beforeEach(async () => {
  api = await startApi()
  client = createServiceClient({ tokenUrl: `${api.url}/token`, clientId: 'reports', clientSecret: 'secret' })
  const agent = new Agent()
  dispatcher = agent.compose(tokenInterceptor(client))
  onTestFinished(async () => {
    client.close()
    await agent.close()
  })
})

async function revokeLast(): Promise<void> {
  await tokens.revoke(api.issued.at(-1) ?? '')
}

const post = { method: 'POST' } as const

describe.each([
  ['Client', Client],
  ['Pool', Pool],
])('a %s, which does not tell an interceptor where it sends to', (_name, Connection) => {
  const send = async (options?: TokenInterceptorOptions) => {
    const connection = new Connection(api.url)
    onTestFinished(() => connection.destroy())
    const sending = connection.compose(tokenInterceptor(client, options))
    return (await sending.request({ method: 'GET', path: '/' })).body.text()
  }

  it('is told', async () => {
    expect(await send({ origin: api.url })).toBe('reports ')
    expect(await send({ origin: new URL('https://elsewhere.test') })).not.toContain('reports')
  })

  it('is asked for it', async () => {
    await expect(send()).rejects.toMatchObject({ code: 'ERR_OPTION', option: 'origin' })
    await expect(send({ origin: 'nonsense' })).rejects.toMatchObject({ code: 'ERR_OPTION', option: 'origin' })
    expect(api.asked).toEqual([])
  })
})

describe('requests of undici', () => {
  it('carry the token, which is asked for once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => (await request(`${api.url}/me`, { dispatcher })).body.text()),
    )
    expect(new Set(answers)).toEqual(new Set(['reports ']))
    expect(api.issued).toHaveLength(1)
  })

  it.each([
    ['an object', { accept: 'text/plain', 'x-many': ['a', 'b'] }],
    ['pairs', new Map([['accept', 'text/plain']])],
    ['a list', ['accept', 'text/plain']],
    ['nothing', undefined],
  ])('keep their own fields, given as %s', async (_form, headers) => {
    const { statusCode } = await request(`${api.url}/me`, { dispatcher, ...(headers && { headers }) })
    expect(statusCode).toBe(200)
  })

  it('keep an Authorization of their own', async () => {
    const headers = { Authorization: 'Basic x' }
    const { body } = await request(`${api.url}/open`, { dispatcher, headers })
    expect(await body.text()).toBe('Basic x')
    expect(api.issued).toEqual([])
  })

  it('carry no token to another origin', async () => {
    const other = await startApi()
    const { body } = await request(`${other.url}/open`, { dispatcher })
    expect(await body.text()).toBe('undefined')
  })

  it.each([
    ['nothing', null],
    ['a text', 'the order'],
    ['bytes', Buffer.from('the order')],
  ])('are sent once more with another token after a 401, when the body is %s', async (_kind, body) => {
    await client.accessToken()
    await revokeLast()
    const answer = await request(`${api.url}/orders`, { ...post, dispatcher, body })
    expect([answer.statusCode, await answer.body.text()]).toEqual([200, `reports ${body ?? ''}`])
    expect(api.asked).toEqual(['POST /token', 'POST /orders', 'POST /token', 'POST /orders'])
  })

  it('are sent once more when there is no body to wait for: HEAD', async () => {
    await client.accessToken()
    await revokeLast()
    expect((await request(`${api.url}/me`, { method: 'HEAD', dispatcher })).statusCode).toBe(200)
  })

  it('get the 401 when the body was a stream, and the next one a new token', async () => {
    await client.accessToken()
    await revokeLast()
    const answer = await request(`${api.url}/orders`, { ...post, dispatcher, body: Readable.from(['order']) })
    expect([answer.statusCode, await answer.body.json()]).toMatchObject([401, { code: 'ERR_TOKEN_REVOKED' }])
    expect((await request(`${api.url}/me`, { dispatcher })).statusCode).toBe(200)
  })

  it('get the answer as it came, when the new token is refused as well', async () => {
    const refusing = { ...client, tokenAfter: async () => undefined }
    const agent = new Agent()
    onTestFinished(() => agent.close())
    await client.accessToken()
    await revokeLast()
    const answer = await request(`${api.url}/me`, {
      dispatcher: agent.compose(tokenInterceptor(refusing)),
    })
    expect([answer.statusCode, await answer.body.json()]).toMatchObject([401, { code: 'ERR_TOKEN_REVOKED' }])
  })

  it('fail when no token can be had, and end when they are aborted', async () => {
    const lonely = createServiceClient({
      tokenUrl: 'http://127.0.0.1:1/token',
      clientId: 'a',
      clientSecret: 'b',
      origins: [api.url],
    })
    const agent = new Agent()
    onTestFinished(() => agent.close())
    const without = agent.compose(tokenInterceptor(lonely))
    await expect(request(`${api.url}/me`, { dispatcher: without })).rejects.toMatchObject({
      code: 'ERR_TOKEN_UNAVAILABLE',
    })
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(request(`${api.url}/me`, { dispatcher, signal })).rejects.toThrow('enough')
    expect(api.asked).not.toContain('GET /me')
  })
})

describe('fetch', () => {
  it.each([
    ['of the package', fetch],
    ['of Node', globalThis.fetch],
  ])(
    '%s carries the token too, through the global dispatcher, by which the client itself asks for it',
    async (_, send) => {
      const before = getGlobalDispatcher()
      setGlobalDispatcher(dispatcher)
      onTestFinished(() => setGlobalDispatcher(before))
      expect(await (await send(`${api.url}/me`)).text()).toBe('reports ')
      await revokeLast()
      expect(await (await send(`${api.url}/me`)).text()).toBe('reports ')
      expect(api.issued).toHaveLength(2)
    },
  )
})
