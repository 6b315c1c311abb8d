import { Ajv } from 'ajv'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { forAllTests } from './support/processes.ts'
import { sendRaw } from './support/raw.ts'
import { type Service, startService } from './support/service.ts'

function basicHeader(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`
}

let service: Service
let valid: string

beforeAll(
  forAllTests(async () => {
    service = await startService({ args: ['--rate-limit', '0'] })
    valid = (await service.issue({ sub: 'alice' })).body.access_token
  }),
)

describe('bad input', () => {
  it('in tokens gets a 401 with a code, never a 500', async () => {
    const [header = '', payload = '', signature = ''] = valid.split('.')
    const other = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
    const cases: [string, string][] = [
      ['x', 'ERR_TOKEN_MALFORMED'],
      ['..', 'ERR_TOKEN_MALFORMED'],
      [`${header}.${payload}`, 'ERR_TOKEN_MALFORMED'],
      [`${header}.${payload}.`, 'ERR_TOKEN_MALFORMED'],
      [`${header}.${payload}.${signature}.x`, 'ERR_TOKEN_MALFORMED'],
      [`${header}.${payload}.${signature}=`, 'ERR_TOKEN_MALFORMED'],
      [`${other}.${payload}.${signature}`, 'ERR_TOKEN_MALFORMED'],
      [`${header}.${payload}.${'A'.repeat(86)}`, 'ERR_TOKEN_SIGNATURE'],
      [`${header}.${payload}.AAAA`, 'ERR_TOKEN_SIGNATURE'],
      ['A'.repeat(9000), 'ERR_TOKEN_MALFORMED'],
    ]
    for (const [token, code] of cases) {
      const answer = await service.forwardAuth(token)
      expect([token.slice(0, 20), answer.status, answer.body.code]).toEqual([token.slice(0, 20), 401, code])
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
      expect((await service.introspect(token)).body).toEqual({ active: false })
      expect(
        (await service.request('POST', '/oauth2/revoke', service.basic, { form: { token } })).status,
      ).toBe(200)
    }
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary-ascii' }), async text => {
        const token = encodeURIComponent(text)
        expect((await service.forwardAuth(`${header}.${payload}.${token}`)).status).toBe(401)
        expect((await service.introspect(text === '' ? 'x' : text)).body).toEqual({ active: false })
      }),
      { numRuns: 50 },
    )
  })

  it('in a signature is not told apart from a key that is unknown', async () => {
    const [header = '', payload = ''] = valid.split('.')
    const foreign = Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'other', typ: 'at+jwt' })).toString(
      'base64url',
    )
    const [signature, key] = [
      await service.forwardAuth(`${header}.${payload}.${'A'.repeat(86)}`),
      await service.forwardAuth(`${foreign}.${payload}.${'A'.repeat(86)}`),
    ]
    expect(signature.headers.get('www-authenticate')).toBe(key.headers.get('www-authenticate'))
  })

  it('in requests gets the documented status and code', async () => {
    const { basic } = service
    const issue = (json: unknown) => service.request('POST', '/v1/tokens', basic, { json })
    const cases: [Promise<{ status: number; body: { code?: string } }>, number, string][] = [
      [issue({}), 400, 'ERR_REQUEST'],
      [issue({ sub: '' }), 400, 'ERR_REQUEST'],
      [issue({ sub: 'x'.repeat(257) }), 400, 'ERR_REQUEST'],
      [issue({ sub: 'a', expires_in: 0 }), 400, 'ERR_REQUEST'],
      [issue({ sub: 'a', expires_in: -1 }), 400, 'ERR_REQUEST'],
      [issue({ sub: 'a', expires_in: 1.5 }), 400, 'ERR_REQUEST'],
      [issue({ sub: 'a', expires_in: '60' }), 400, 'ERR_REQUEST'],
      [issue({ sub: 'a', expires_in: 1e12 }), 400, 'ERR_REQUEST'],
      [issue({ sub: 'a', unknown: 1 }), 400, 'ERR_REQUEST'],
      [issue({ sub: 'a', claims: { exp: 1 } }), 400, 'ERR_REQUEST'],
      [issue({ sub: 'a', claims: { x: 'y'.repeat(5000) } }), 400, 'ERR_REQUEST'],
      [issue({ sub: 'a', scope: 'a"b' }), 400, 'ERR_REQUEST'],
      [issue([]), 400, 'ERR_REQUEST'],
      [issue(null), 400, 'ERR_REQUEST'],
      [issue({ sub: 'a', claims: { x: 'y'.repeat(100_000) } }), 413, 'ERR_TOO_LARGE'],
      [service.revoke({}), 400, 'ERR_REQUEST'],
      [service.revoke({ jti: 'a', sub: 'b' }), 400, 'ERR_REQUEST'],
      [service.revoke({ issued_before: -1 }), 400, 'ERR_REQUEST'],
      [service.revoke({ issued_before: 1e15 }), 400, 'ERR_REQUEST'],
      [service.request('POST', '/v1/tokens', basic, { form: { sub: 'a' } }), 415, 'ERR_REQUEST'],
      [service.request('POST', '/oauth2/token', basic, { json: { grant_type: 'x' } }), 415, 'ERR_REQUEST'],
      [service.request('GET', '/nowhere'), 404, 'ERR_NOT_FOUND'],
      [service.request('PUT', '/v1/tokens', basic), 404, 'ERR_NOT_FOUND'],
      [service.request('GET', `/v1/tokens?sub=a&limit=0`, basic), 400, 'ERR_REQUEST'],
      [service.request('GET', `/v1/tokens?sub=a&cursor=x`, basic), 400, 'ERR_REQUEST'],
      [service.request('DELETE', '/v1/clients/none', basic), 404, 'ERR_NOT_FOUND'],
      [service.request('POST', '/v1/tokens', undefined, { json: { sub: 'a' } }), 401, 'ERR_CLIENT'],
      [service.request('POST', '/v1/tokens', 'Basic !!!', { json: { sub: 'a' } }), 401, 'ERR_CLIENT'],
      [
        service.request('POST', '/v1/tokens', basicHeader('no-colon'), { json: { sub: 'a' } }),
        401,
        'ERR_CLIENT',
      ],
      [
        service.request('POST', '/v1/tokens', basicHeader('%zz:%zz'), { json: { sub: 'a' } }),
        401,
        'ERR_CLIENT',
      ],
      [service.request('POST', '/v1/tokens', 'Bearer x', { json: { sub: 'a' } }), 401, 'ERR_TOKEN_MALFORMED'],
      [service.request('GET', '/forward-auth'), 401, 'ERR_TOKEN_MISSING'],
      [service.request('GET', '/forward-auth', 'Negotiate x'), 401, 'ERR_TOKEN_MISSING'],
      [service.request('GET', '/forward-auth?scope=admin', `Bearer ${valid}`), 403, 'ERR_SCOPE'],
      [service.request('GET', '/forward-auth?audience=other', `Bearer ${valid}`), 403, 'ERR_AUDIENCE'],
    ]
    for (const [pending, status, code] of cases) {
      const answer = await pending
      expect([answer.status, answer.body.code, JSON.stringify(answer.body)]).toEqual([
        status,
        code,
        expect.any(String),
      ])
    }
  })

  it('in the OAuth endpoints gets the errors of RFC 6749', async () => {
    const post = (path: string, form: Record<string, string>) =>
      service.request('POST', path, service.basic, { form })
    const cases: [Promise<{ status: number; body: { error?: string; code?: string } }>, number, string][] = [
      [post('/oauth2/token', {}), 400, 'invalid_request'],
      [post('/oauth2/token', { grant_type: 'password' }), 400, 'unsupported_grant_type'],
      [post('/oauth2/token', { grant_type: 'refresh_token' }), 400, 'invalid_request'],
      [post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: 'x' }), 400, 'invalid_grant'],
      [post('/oauth2/token', { grant_type: 'client_credentials', scope: 'more' }), 400, 'invalid_scope'],
      [post('/oauth2/introspect', {}), 400, 'invalid_request'],
      [post('/oauth2/introspect', { token: 'x'.repeat(40_000) }), 413, 'invalid_request'],
      [
        service.request('POST', '/oauth2/introspect', undefined, { form: { token: 'x' } }),
        401,
        'invalid_client',
      ],
      [
        service.request('POST', '/oauth2/introspect', basicHeader('a:b'), { form: { token: 'x' } }),
        401,
        'invalid_client',
      ],
    ]
    for (const [pending, status, error] of cases) {
      const answer = await pending
      expect([answer.status, answer.body.error, typeof answer.body.code]).toEqual([status, error, 'string'])
      expect(answer).toHaveProperty('body.error_description')
    }
  })

  it('below HTTP is refused, and the service lives on', async () => {
    const requests: [string, RegExp][] = [
      ['GARBAGE\r\n\r\n', /^HTTP\/1\.1 400/],
      [`GET /health HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431/],
      ['POST /v1/tokens HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n', /^HTTP\/1\.1 400/],
      ['GET /%00%ff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', /^HTTP\/1\.1 4\d\d/],
      [
        'GET /forward-auth HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer \r\n\r\n',
        /^HTTP\/1\.1 401/,
      ],
      // A proxy may not pass on 400: what is no bearer token, and more than one, are 401 here.
      [
        'GET /forward-auth HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer a b\r\n\r\n',
        /^HTTP\/1\.1 401.*error="invalid_request"/s,
      ],
      [
        `GET /forward-auth HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${`authorization: Bearer ${valid}\r\n`.repeat(2)}\r\n`,
        /^HTTP\/1\.1 401.*error="invalid_request"/s,
      ],
      [
        'GET /v1/keys HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer a b\r\n\r\n',
        /^HTTP\/1\.1 400.*error="invalid_request"/s,
      ],
      // Two lengths that disagree: request smuggling.
      [
        'POST /v1/tokens HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
        /^HTTP\/1\.1 400/,
      ],
    ]
    for (const [text, expected] of requests) expect(await sendRaw(service, text)).toMatch(expected)
    expect((await service.forwardAuth(valid)).status).toBe(200)
  })

  it('leaves no token and no secret in the log, however much is logged', async () => {
    const talkative = await startService({ args: ['--log-level', 'trace'] })
    const { client_id: id, client_secret: secret } = talkative.credentials
    const issued = (await talkative.issue({ sub: 'alice', refresh: true })).body
    const { access_token: token, refresh_token: refreshToken } = issued
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
    await talkative.forwardAuth(`${token}x`)
    await talkative.request('GET', `/nowhere?access_token=${token}`, `Bearer ${token}`)
    await talkative.request('GET', `/%ff${token}`, `Bearer ${token}`)
    await talkative.request('POST', '/v1/tokens', talkative.basic, { json: { sub: token, [secret]: secret } })
    await talkative.request('POST', '/oauth2/token', undefined, { form })
    await talkative.request('POST', '/oauth2/token', undefined, {
      form: { ...form, client_id: id, client_secret: secret, [secret]: token },
    })
    await sendRaw(service, `GET /${token} x HTTP/1.1\r\nauthorization: Bearer ${token}\r\n\r\n`)
    await talkative.stop()
    expect(talkative.output).toContain('listening')
    for (const hidden of [token, token.split('.')[2] ?? '', refreshToken, secret, talkative.basic]) {
      expect(talkative.output).not.toContain(hidden)
    }
  })
})

describe('too many requests', () => {
  it('get a 429 that says when to come back; proxies are not limited', async () => {
    const limited = await startService({ args: ['--rate-limit', '5'] })
    const answers = []
    for (let count = 0; count < 7; count += 1) answers.push(await limited.introspect('x'))
    const refused = answers.at(-1)
    expect(refused).toMatchObject({ status: 429, body: { error: 'slow_down', code: 'ERR_RATE_LIMIT' } })
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
    for (let count = 0; count < 20; count += 1) expect((await limited.forwardAuth('x')).status).toBe(401)
  })

  it.each([
    ['with wrong credentials', 'POST', '/v1/tokens', basicHeader('a:b')],
    ["with somebody else's token", 'GET', '/v1/keys', 'Bearer x.y.z'],
    ['without a body', 'POST', '/oauth2/token', undefined],
  ] as const)('are counted %s, too', async (_name, method, path, authorization) => {
    const limited = await startService({ args: ['--rate-limit', '3'] })
    const statuses: number[] = []
    for (let count = 0; count < 4; count += 1) {
      statuses.push((await limited.request(method, path, authorization)).status)
    }
    expect(statuses.slice(0, 3)).not.toContain(429)
    expect(statuses[3]).toBe(429)
  })
})

describe('every answer', () => {
  it('carries the server’s time, whatever it is', async () => {
    const answers = await Promise.all([
      service.request('GET', '/health'),
      service.request('GET', '/nowhere'),
      service.request('GET', '/forward-auth'),
      service.request('POST', '/v1/tokens', service.basic, { json: { sub: 'x'.repeat(70_000) } }),
      service.request('GET', '/openapi.json'),
      service.request('GET', '/.well-known/jwks.json'),
      service.introspect('x'),
    ])
    for (const { headers } of answers) {
      expect(headers.get('x-server-time')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    }
  })
})

/** Everything in a document that is called a schema. */
function schemasIn(value: unknown): readonly object[] {
  return Object.entries(Object(value)).flatMap(([name, inner]) =>
    name === 'schema' ? [Object(inner)] : typeof inner === 'object' ? schemasIn(inner) : [],
  )
}

it('is looked for by schemas that are valid themselves: a service does not check them as it starts', async () => {
  const schemas = schemasIn((await service.request('GET', '/openapi.json')).body)
  expect(schemas.length).toBeGreaterThan(50)
  const ajv = new Ajv()
  for (const schema of schemas) expect(ajv.validateSchema(schema), JSON.stringify(schema)).toBe(true)
})
