import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import process, { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { startService } from '../../packages/server/test/support/service.ts'
import { type Clock, ManualHostClock, systemHostClock } from '../../packages/skewproof/src/clock/index.ts'
import { requireToken } from '../../packages/skewproof/src/http/express/index.ts'
import {
  createVerifier,
  type TokenClaims,
  type VerifierOptions,
} from '../../packages/skewproof/src/tokens/index.ts'
import { listen } from '../../packages/skewproof/test/adapters/listen.ts'
import { CertificateAuthority } from '../support/certificates.ts'
import { clientId, type IssuerShape, LocalIssuer, type LocalIssuerOptions } from '../support/issuer.ts'
import { run } from '../support/process.ts'

/** As docs/issuers.md has them. */
const recommended: Readonly<Record<IssuerShape, Omit<VerifierOptions, 'issuer'>>> = {
  keycloak: { audience: 'orders', claims: { typ: 'Bearer' } },
  auth0: { audience: 'https://api.example.com' },
  cognito: { audience: null, claims: { token_use: 'access', client_id: clientId } },
}

/** What a token of each has to grant, and where it says so. */
const grants: Readonly<Record<IssuerShape, { scope: string; granted?: (claims: TokenClaims) => unknown }>> = {
  keycloak: {
    scope: 'read',
    granted: ({ resource_access: access }) => (access as { orders: { roles: string[] } }).orders.roles,
  },
  auth0: { scope: 'read:orders', granted: ({ permissions }) => permissions },
  cognito: { scope: 'orders/read' },
}

const clock: Clock = {
  now: () => ({ timeMs: systemHostClock.wallMs(), errorMs: 5, status: 'synchronized' }),
}

/** An issuer, and an API that takes its tokens. */
async function start(
  shape: IssuerShape,
  options: LocalIssuerOptions = {},
  changes: Partial<VerifierOptions> = {},
) {
  const issuer = await LocalIssuer.start(shape, options)
  const host = new ManualHostClock(systemHostClock.wallMs())
  host.advance(3_600_000)
  const verifier = createVerifier({
    issuer: issuer.url,
    ...recommended[shape],
    clock,
    remote: { host },
    ...changes,
  })
  const app = express()
  app.get('/orders', requireToken({ verifier, ...grants[shape] }), (request, response) => {
    response.json({ sub: request.token?.claims.sub })
  })
  app.get(
    '/admin',
    requireToken({ verifier, ...grants[shape], scope: 'write:orders' }),
    (_request, response) => {
      response.json({})
    },
  )
  const url = await listen(createServer(app))
  const ask = async (token: string, path = '/orders') => {
    const response = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } })
    const { code, byMs, culprit } = (await response.json()) as Record<string, unknown>
    return { status: response.status, code, byMs, culprit, retryAfter: response.headers.get('retry-after') }
  }
  return {
    issuer,
    host,
    ask,
    statusOf: async (token: string, path?: string) => (await ask(token, path)).status,
  }
}

describe.each<[IssuerShape, LocalIssuerOptions]>([
  ['keycloak', {}],
  ['keycloak', { algorithm: 'ES256' }],
  ['auth0', {}],
  ['cognito', {}],
])('an issuer as %s, %j', (shape, options) => {
  it('is verified by its address alone, and asked once', async () => {
    const { issuer, ask, statusOf } = await start(shape, options)
    const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.accessToken()))
    const answers = await Promise.all(tokens.map(token => statusOf(token)))
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(issuer.requests).toHaveLength(2)
    expect(await statusOf(tokens[0] ?? '', '/admin')).toBe(403)
    expect(await ask(await issuer.accessToken({ iat: 1, exp: 2 }))).toMatchObject({
      status: 401,
      code: 'ERR_TOKEN_EXPIRED',
      culprit: 'none',
    })
  })

  it('has its ID tokens refused, and tokens for others', async () => {
    const { issuer, ask } = await start(shape, options)
    const others = [
      await issuer.idToken(),
      await issuer.accessToken({ iss: 'https://elsewhere.example.com' }),
      await issuer.accessToken({ iss: issuer.url.replace(/\/?$/, slash => (slash === '' ? '/' : '')) }),
      await issuer.accessToken(
        shape === 'cognito' ? { client_id: 'another' } : { aud: ['payments', 'account'] },
      ),
    ]
    for (const token of others) {
      expect(await ask(token)).toMatchObject({ status: 401, code: 'ERR_TOKEN_CLAIM' })
    }
    // Keycloak's are signed by a secret of its own.
    expect(await ask(await issuer.refreshToken())).toMatchObject({ status: 401, code: 'ERR_TOKEN_SIGNATURE' })
  })

  it('may change its keys while it runs', async () => {
    const { issuer, host, statusOf } = await start(shape, options)
    const old = await issuer.accessToken()
    expect(await statusOf(old)).toBe(200)
    issuer.rotate()
    const fresh = await issuer.accessToken()
    host.advance(30_000)
    expect([await statusOf(fresh), await statusOf(old)]).toEqual([200, 200])
    issuer.dropOldKeys()
    host.advance(600_000)
    expect([await statusOf(fresh), await statusOf(old)]).toEqual([200, 401])
  })

  it('is not asked by whoever makes up names of keys', async () => {
    const { issuer, host, ask, statusOf } = await start(shape, options)
    const good = await issuer.accessToken()
    expect(await statusOf(good)).toBe(200)
    host.advance(60_000)
    const flood = Array.from({ length: 50 }, async (_, number) =>
      ask(await issuer.accessToken({}, { kid: `made-up-${number}` })),
    )
    for (const answer of await Promise.all(flood)) {
      expect(answer).toMatchObject({ status: 401, code: 'ERR_TOKEN_SIGNATURE' })
    }
    expect(await statusOf(good)).toBe(200)
    expect(issuer.requests.length).toBeLessThanOrEqual(4)
  })

  it('is named when its clock is ahead, and its tokens are good when it is behind', async () => {
    const ahead = await start(shape, { ...options, offsetSeconds: 90 })
    const { byMs, ...answer } = await ahead.ask(await ahead.issuer.accessToken())
    expect(answer).toMatchObject({ status: 401, code: 'ERR_TOKEN_NOT_YET_VALID', culprit: 'issuer' })
    // 30 s are forgiven; an `iat` is rounded down.
    expect(byMs).toBeGreaterThan(50_000)
    expect(byMs).toBeLessThanOrEqual(60_000)
    const behind = await start(shape, { ...options, offsetSeconds: -90 })
    expect(await behind.statusOf(await behind.issuer.accessToken())).toBe(200)
  })

  it('is a 503 when it cannot be reached, and never a 401', async () => {
    const { issuer, ask } = await start(shape, options)
    await issuer.stop()
    expect(await ask(await issuer.accessToken())).toMatchObject({
      status: 503,
      code: 'ERR_KEYS_UNAVAILABLE',
      retryAfter: '1',
    })
  })
})

describe('the profiles of Auth0', () => {
  it('are both accepted: its own, and that of RFC 9068', async () => {
    const { issuer, statusOf } = await start('auth0')
    const rfc9068 = { azp: undefined, client_id: clientId, jti: '73WakrfVbNJBaAmhQtEeDv' }
    expect(await statusOf(await issuer.accessToken(rfc9068, { typ: 'at+jwt' }))).toBe(200)
  })
})

describe('keys that are found without asking the issuer for its metadata', () => {
  it('are fetched from where they are said to be', async () => {
    const { url, jwksUri } = await LocalIssuer.start('cognito')
    const { issuer, statusOf } = await start('cognito', {}, { jwksUri: new URL(jwksUri) })
    expect(url).not.toBe(issuer.url)
    expect(await statusOf(await issuer.accessToken())).toBe(401)
    expect(issuer.requests).toEqual([])
  })
})

describe('an issuer that is a service of our own', () => {
  it('is verified by its address alone, too', async () => {
    const service = await startService()
    const { access_token: token } = (await service.issue({ sub: 'alice' })).body
    const verifier = createVerifier({ issuer: service.url, audience: service.url, clock })
    expect((await verifier.verify(token)).claims.sub).toBe('alice')
  })
})

const program = fileURLToPath(new URL('verify-https.mjs', import.meta.url))

describe('an issuer by https', () => {
  it('is believed when its certificate is, and only then', async () => {
    const authority = await CertificateAuthority.create()
    const { key, certificate } = await authority.issue()
    const tls = { key: readFileSync(key), cert: readFileSync(certificate) }
    const issuer = await LocalIssuer.start('keycloak', { tls })
    const token = await issuer.accessToken({ sub: 'alice' })
    const verify = (trusted: readonly string[]) =>
      run('env', [...trusted, execPath, program, issuer.url, token], process.cwd())
    expect(await verify([`NODE_EXTRA_CA_CERTS=${authority.path}`])).toBe('alice\n')
    expect(await verify([])).toBe('ERR_KEYS_UNAVAILABLE\n')
  })
})
