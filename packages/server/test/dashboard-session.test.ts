import { request as httpRequest } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import { forAllTests } from './support/processes.ts'
import { runCommand, type Service, startService } from './support/service.ts'

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  // biome-ignore lint/suspicious/noExplicitAny: an answer's body is whatever the test expects it to be
  readonly body: any
}

interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
}

/** A request with headers that `fetch` would not let a program set: what browsers, proxies and attackers send. */
function call(
  service: Service,
  path: string,
  { method = 'GET', headers = {}, json }: Call = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const body = json === undefined ? undefined : JSON.stringify(json)
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const outgoing = httpRequest(
      service.url + path,
      { method, headers: { ...type, ...headers } },
      response => {
        const chunks: string[] = []
        response.on('data', chunk => chunks.push(String(chunk)))
        response.on('end', () => {
          const text = chunks.join('')
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: text && JSON.parse(text),
          })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const ownPage = { 'sec-fetch-site': 'same-origin' }

function logIn(service: Service, headers: Readonly<Record<string, string>> = ownPage): Promise<Reply> {
  return call(service, '/v1/session', { method: 'POST', headers, json: service.credentials })
}

function cookieOf({ headers }: Reply): string {
  return String(headers['set-cookie']).split(';')[0] ?? ''
}

let service: Service
/** Shows nothing without a login, and limits nothing but logins. */
let strict: Service

beforeAll(
  forAllTests(async () => {
    service = await startService()
    strict = await startService({ args: ['--require-login', '--rate-limit', '0'] })
  }),
)

describe('a login to the dashboard', () => {
  it('is an administrator until it ends', async () => {
    const login = await logIn(service)
    expect(login).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
    expect(login.body).toEqual({
      may_read: true,
      client_id: service.credentials.client_id,
      expires_in: 28_800,
    })
    expect(String(login.headers['set-cookie'])).toMatch(
      /^skewproof-[0-9a-f]{8}=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict$/,
    )
    const headers = { ...ownPage, cookie: cookieOf(login) }
    expect((await call(service, '/v1/session', { headers })).body.client_id).toBe(
      service.credentials.client_id,
    )
    expect((await call(service, '/v1/keys', { headers })).status).toBe(200)
    const issue = { method: 'POST', headers, json: { sub: 'alice' } }
    const { body } = await call(service, '/v1/tokens', issue)
    expect((await service.forwardAuth(body.access_token)).status).toBe(200)

    const logout = await call(service, '/v1/session', { method: 'DELETE', headers })
    expect(logout.status).toBe(204)
    expect(String(logout.headers['set-cookie'])).toContain('Max-Age=0')
    // Whoever kept the cookie has nothing of it, nor of the token in it.
    expect((await call(service, '/v1/keys', { headers })).status).toBe(401)
    const token = headers.cookie.slice(headers.cookie.indexOf('=') + 1)
    expect((await service.request('GET', '/v1/keys', `Bearer ${token}`)).body.code).toBe('ERR_TOKEN_REVOKED')
  })

  it('is carried by TLS alone where the browser came by TLS', async () => {
    const login = await logIn(service, { ...ownPage, origin: 'https://tokens.example.com' })
    expect(String(login.headers['set-cookie'])).toMatch(/; Secure$/)
  })

  it('changes nothing for other sites, which cannot begin or end one either', async () => {
    const cookie = cookieOf(await logIn(service))
    const strangers: Readonly<Record<string, string>>[] = [
      {},
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]
    for (const stranger of strangers) {
      const headers = { ...stranger, cookie }
      const refused = { status: 403, body: { code: 'ERR_CROSS_SITE' } }
      const json = { compromised: true }
      expect(await call(service, '/v1/keys/rotations', { method: 'POST', headers, json })).toMatchObject(
        refused,
      )
      expect(await call(service, '/v1/session', { method: 'DELETE', headers })).toMatchObject(refused)
      expect(await logIn(service, stranger)).toMatchObject(refused)
    }
    expect((await call(service, '/v1/keys', { headers: { ...ownPage, cookie } })).body.keys).toHaveLength(1)
  })

  it('is refused with other credentials, and makes no browser ask for a password', async () => {
    const client = (await service.request('POST', '/v1/clients', service.basic, { json: {} })).body
    const attempts = [
      [{ ...service.credentials, client_secret: 'wrong' }, 401],
      [{ client_id: 'nobody', client_secret: 'wrong' }, 401],
      [client, 403],
      [{ client_id: 'a' }, 400],
    ] as const
    for (const [json, status] of attempts) {
      const answer = await call(service, '/v1/session', { method: 'POST', headers: ownPage, json })
      expect(answer.status).toBe(status)
      expect(answer.headers['set-cookie']).toBeUndefined()
      expect(answer.headers['www-authenticate'] ?? '').not.toContain('Basic')
    }
    const unknown = await call(service, '/v1/keys', { headers: ownPage })
    expect(unknown).toMatchObject({ status: 401, body: { code: 'ERR_LOGIN' } })
    expect(unknown.headers['www-authenticate']).not.toContain('Basic')
  })

  it('ends with the client that it was for', async () => {
    const { body: admin } = await service.request('POST', '/v1/clients', service.basic, {
      json: { admin: true },
    })
    const login = await call(service, '/v1/session', { method: 'POST', headers: ownPage, json: admin })
    const headers = { ...ownPage, cookie: cookieOf(login) }
    expect((await call(service, '/v1/keys', { headers })).status).toBe(200)
    await service.request('DELETE', `/v1/clients/${admin.client_id}`, service.basic)
    expect((await call(service, '/v1/keys', { headers })).status).toBe(401)
  })

  it('is not made of any other token in a cookie', async () => {
    const name = cookieOf(await logIn(service)).split('=')[0]
    const { access_token: plain } = (await service.issue({ sub: 'alice' })).body
    const { access_token: scoped } = (await service.issue({ sub: 'alice', scope: 'skewproof:admin' })).body
    for (const value of [plain, scoped, 'x', `${plain}; ${name}=${scoped}`, '%00', 'x'.repeat(9000)]) {
      const headers = { ...ownPage, cookie: `${name}=${value}` }
      expect((await call(service, '/v1/keys', { headers })).status).toBe(401)
      expect((await call(service, '/v1/session', { headers })).body.client_id).toBeUndefined()
    }
  })

  it('cannot be tried without end', async () => {
    const json = { client_id: 'a', client_secret: 'b' }
    const attempt = () => call(strict, '/v1/session', { method: 'POST', headers: ownPage, json })
    const statuses: number[] = []
    for (let attempts = 0; attempts < 21; attempts += 1) statuses.push((await attempt()).status)
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401))
    expect(statuses[20]).toBe(429)
  })
})

describe('who is not logged in', () => {
  it('may read on this machine alone, and not there either where a login is required', async () => {
    const mayRead = async (headers: Readonly<Record<string, string>>) =>
      (await call(service, '/v1/session', { headers })).body.may_read
    expect(await mayRead({})).toBe(true)
    expect(await mayRead({ host: 'rebound.example' })).toBe(false)
    expect(await mayRead({ 'x-forwarded-for': '192.0.2.1' })).toBe(false)
    expect(await mayRead({ 'sec-fetch-site': 'cross-site' })).toBe(false)
    expect((await call(strict, '/v1/session')).body).toEqual({ may_read: false })
  })
})

describe('a token that is looked up', () => {
  it('gets the answer of the command, and what the service itself says', async () => {
    const { access_token: token, jti } = (await service.issue({ sub: '<b>alice</b>' })).body
    const explain = async (text: string) =>
      (await service.request('POST', '/v1/explanations', service.basic, { json: { token: text } })).body
    const { stdout } = await runCommand(
      ['explain', '--json', '--jwks', `${service.url}/.well-known/jwks.json`, token],
      {
        cwd: service.directory,
      },
    )
    const { clock: _, reasons, ...ofCommand } = JSON.parse(stdout)
    const answer = await explain(`\n${token} `)
    expect(answer).toMatchObject({ ...ofCommand, signature: 'valid', service: { accepted: true } })
    expect(answer.reasons.map((reason: { claim: string }) => reason.claim)).toEqual(
      reasons.map((reason: { claim: string }) => reason.claim),
    )
    await service.revoke({ jti })
    expect((await explain(token)).service).toMatchObject({ accepted: false, code: 'ERR_TOKEN_REVOKED' })
    const changed = `${token.slice(0, -4)}AAAA`
    expect(await explain(changed)).toMatchObject({ signature: 'invalid', service: { accepted: false } })
    expect(await explain('nothing')).toMatchObject({ verdict: 'malformed', service: { accepted: false } })
    expect((await service.request('POST', '/v1/explanations', undefined, { json: { token } })).status).toBe(
      401,
    )
  })

  it('and a session is shown with its tokens, and ended', async () => {
    const { access_token: token } = (await service.issue({ sub: 'bob', refresh: true })).body
    const { tokens } = (await service.request('GET', '/v1/tokens?sub=bob', service.basic)).body
    const { session } = tokens[0]
    expect((await service.revoke({ session })).body.revoked).toBe(true)
    expect((await service.forwardAuth(token)).body.code).toBe('ERR_TOKEN_REVOKED')
  })
})
