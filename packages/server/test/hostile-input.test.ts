import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { forAllTests } from './support/processes.ts'
import { sendRaw } from './support/raw.ts'
import { type Answer, type Service, startService } from './support/service.ts'

const isoInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

let service: Service

beforeAll(
  forAllTests(async () => {
    service = await startService({ args: ['--rate-limit', '0'] })
  }),
)

function parseRaw(text: string): Answer {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [status = '', ...lines] = head.split('\r\n')
  const headers = new Headers(lines.map(line => line.split(': ') as [string, string]))
  return { status: Number(status.split(' ')[1]), headers, body: JSON.parse(body) }
}

describe('what is no proper request', () => {
  it('gets a problem with a code, and the time', async () => {
    const get = (path: string, header = '') =>
      `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${header}\r\n`
    const cases: [string, number, string][] = [
      ['GARBAGE\r\n\r\n', 400, 'ERR_REQUEST'],
      ['GET /health HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'ERR_REQUEST'],
      [get('/%ff'), 400, 'ERR_REQUEST'],
      [get('/health', 'bad header\r\n'), 400, 'ERR_REQUEST'],
      [get('/health', 'expect: a miracle\r\n'), 417, 'ERR_REQUEST'],
      [get('/health', `x: ${'y'.repeat(20_000)}\r\n`), 431, 'ERR_TOO_LARGE'],
      [get(`/${'y'.repeat(20_000)}`), 431, 'ERR_TOO_LARGE'],
      [get(`/v1/clients/${'y'.repeat(200)}`).replace('GET', 'DELETE'), 414, 'ERR_TOO_LARGE'],
      [get('/health').replace('GET', 'MAKE'), 400, 'ERR_REQUEST'],
    ]
    for (const [text, status, code] of cases) {
      const answer = parseRaw(await sendRaw(service, text))
      expect([text.slice(0, 40), answer.status, answer.body]).toEqual([
        text.slice(0, 40),
        status,
        { type: 'about:blank', title: expect.any(String), status, detail: expect.any(String), code },
      ])
      expect(answer.headers.get('content-type')).toMatch('application/problem+json')
      expect(answer.headers.get('x-server-time')).toMatch(isoInstant)
    }
    expect((await service.request('GET', '/ready')).status).toBe(200)
  })

  it('is cut off when it does not arrive', async () => {
    const hurried = await startService({ args: ['--request-timeout', '1'] })
    const credentials = `host: x\r\nauthorization: ${hurried.basic}\r\n`
    const form = 'content-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n'
    const answers = await Promise.all([
      sendRaw(hurried, `GET /health HTTP/1.1\r\n${credentials}`),
      sendRaw(hurried, `POST /oauth2/introspect HTTP/1.1\r\n${credentials}${form}\r\ntoken=`),
    ])
    for (const answer of answers) {
      expect(parseRaw(answer)).toMatchObject({ status: 408, body: { code: 'ERR_TIMEOUT' } })
    }
    expect((await hurried.request('GET', '/ready')).status).toBe(200)
  })
})

describe('whatever is sent', () => {
  const path = fc.constantFrom(
    '/v1/tokens',
    '/v1/revocations',
    '/v1/keys/rotations',
    '/v1/clients',
    '/oauth2/token',
    '/oauth2/introspect',
    '/oauth2/revoke',
    '/forward-auth',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '__proto__', '\ud800', '\0', '../..'),
  )
  const name = fc.constantFrom(
    'sub',
    'jti',
    'claims',
    'aud',
    'scope',
    'expires_in',
    'issued_before',
    'token',
    'grant_type',
    'x',
  )

  /** A refusal of the caller, or a good answer; never a failure, and always the time. */
  function expectDecent({ status, headers, body }: Answer): void {
    expect(status).toBeLessThan(500)
    expect(headers.get('x-server-time')).toMatch(isoInstant)
    if (status >= 400) expect(body.code).toMatch(/^ERR_[A-Z_]+$/)
  }

  it('as JSON, the service answers and lives', async () => {
    const json = fc.oneof(fc.jsonValue(), fc.dictionary(name, fc.oneof(fc.jsonValue(), text), { maxKeys: 3 }))
    await fc.assert(
      fc.asyncProperty(path, json, async (url, value) => {
        expectDecent(await service.request('POST', url, service.basic, { json: value }))
      }),
      { numRuns: 300 },
    )
  })

  it('as a form, the service answers and lives', async () => {
    await fc.assert(
      fc.asyncProperty(path, fc.dictionary(fc.oneof(name, text), text, { maxKeys: 4 }), async (url, form) => {
        expectDecent(await service.request('POST', url, service.basic, { form }))
      }),
      { numRuns: 300 },
    )
  })

  it('in a query or a header, the service answers and lives', async () => {
    const headerText = fc.string({ unit: 'binary-ascii' }).map(value => value.replace(/[^\x20-\x7e]/g, ''))
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, text, { maxKeys: 3 }),
        headerText,
        async (query, authorization) => {
          const search = new URLSearchParams(query)
          for (const url of ['/v1/tokens', '/forward-auth', '/v1/clients', '/health']) {
            expectDecent(await service.request('GET', `${url}?${search}`, service.basic))
            expectDecent(await service.request('GET', `${url}?${search}`, `Bearer ${authorization}`))
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('however deep its claims are nested, they are refused', async () => {
    const claims = `{"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
    const response = await fetch(`${service.url}/v1/tokens`, {
      method: 'POST',
      headers: { authorization: service.basic, 'content-type': 'application/json' },
      body: `{"sub":"alice","claims":${claims}}`,
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'ERR_REQUEST' })
  })

  it('the body of a request that a proxy asks about is not looked at', async () => {
    const { access_token: token } = (await service.issue({ sub: 'alice' })).body
    for (const type of ['application/json', 'multipart/form-data', 'text/plain', 'x/y']) {
      const response = await fetch(`${service.url}/forward-auth`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': type },
        body: '{'.repeat(100_000),
      })
      expect([type, response.status]).toEqual([type, 200])
    }
  })

  it('a parameter without a value counts as omitted, and one that comes twice is refused', async () => {
    const send = async (body: string) => {
      const headers = { authorization: service.basic, 'content-type': 'application/x-www-form-urlencoded' }
      const response = await fetch(`${service.url}/oauth2/token`, { method: 'POST', headers, body })
      return { status: response.status, body: await response.json() }
    }
    expect(await send('grant_type=client_credentials&scope=&audience=')).toMatchObject({
      status: 200,
      body: { scope: 'skewproof:admin' },
    })
    expect(await send('grant_type=client_credentials&grant_type=client_credentials')).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
  })
})
