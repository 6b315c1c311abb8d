import { createPublicKey } from 'node:crypto'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { beforeAll, describe, expect, it } from 'vitest'
import { forAllTests } from './support/processes.ts'
import { type Service, startService } from './support/service.ts'

/** A second client, which is not an administrator. */
async function registerClient(
  service: Service,
  scope: string,
): Promise<{ client_id: string; client_secret: string }> {
  return (await service.request('POST', '/v1/clients', service.basic, { json: { scope } })).body
}

const algorithms = ['ES256', 'EdDSA', 'RS256', 'PS256'] as const
/** One for each algorithm. */
let services: Readonly<Record<(typeof algorithms)[number], Service>>

beforeAll(
  forAllTests(async () => {
    const start = (algorithm: string) => startService({ args: ['--algorithm', algorithm] })
    services = {
      ES256: await start('ES256'),
      EdDSA: await start('EdDSA'),
      RS256: await start('RS256'),
      PS256: await start('PS256'),
    }
  }),
)

describe('tokens of the service', () => {
  it.each(algorithms)('signed with %s verify with jose', async algorithm => {
    const service = services[algorithm]
    const { access_token: token, jti } = (await service.issue({ sub: 'alice', aud: 'api' })).body
    const keys = createRemoteJWKSet(new URL(`${service.url}/.well-known/jwks.json`))
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: service.url,
      audience: 'api',
      typ: 'at+jwt',
      requiredClaims: ['jti', 'iat', 'exp', 'sub'],
    })
    expect(payload).toMatchObject({ sub: 'alice', jti })
    expect(protectedHeader.alg).toBe(algorithm)
  })

  it.each(['ES256', 'RS256', 'PS256'] as const)(
    'signed with %s verify with jsonwebtoken',
    async algorithm => {
      const service = services[algorithm]
      const { access_token: token } = (await service.issue({ sub: 'alice', aud: 'api' })).body
      const [jwk] = (await service.request('GET', '/.well-known/jwks.json')).body.keys
      const claims = jsonwebtoken.verify(token, createPublicKey({ key: jwk, format: 'jwk' }), {
        algorithms: [algorithm],
        issuer: service.url,
        audience: 'api',
      })
      expect(claims).toMatchObject({ sub: 'alice' })
    },
  )
})

describe('a service that any client may use', () => {
  let service: Service

  beforeAll(() => {
    service = services.ES256
  })

  describe('openid-client', () => {
    it('finds the service by its metadata, and uses every endpoint', async () => {
      const { client_id: id, client_secret: secret } = await registerClient(service, 'read write')
      const config = await openid.discovery(
        new URL(service.url),
        id,
        undefined,
        openid.ClientSecretBasic(secret),
        {
          algorithm: 'oauth2',
          execute: [openid.allowInsecureRequests],
        },
      )
      const granted = await openid.clientCredentialsGrant(config, { scope: 'read' })
      expect(granted).toMatchObject({ token_type: 'bearer', scope: 'read', expires_in: 3600 })
      const seen = await openid.tokenIntrospection(config, granted.access_token)
      expect(seen).toMatchObject({ active: true, client_id: id, scope: 'read' })
      await openid.tokenRevocation(config, granted.access_token)
      expect(await openid.tokenIntrospection(config, granted.access_token)).toEqual({ active: false })
      await expect(openid.clientCredentialsGrant(config, { scope: 'admin' })).rejects.toMatchObject({
        error: 'invalid_scope',
      })
    })
  })

  describe('oauth4webapi', () => {
    const insecure = { [oauth.allowInsecureRequests]: true }

    it('refreshes a session, posts its secret in the form, and sees the RFC’s errors', async () => {
      const issuer = new URL(service.url)
      const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
      const server = await oauth.processDiscoveryResponse(issuer, found)
      const { client_id: id, client_secret: secret } = await registerClient(service, 'read')
      const client = { client_id: id }
      const post = oauth.ClientSecretPost(secret)

      const session = (await service.issue({ sub: 'alice', refresh: true })).body
      const refresh = async (token: string) => {
        const response = await oauth.refreshTokenGrantRequest(server, client, post, token, insecure)
        return oauth.processRefreshTokenResponse(server, client, response)
      }
      const refreshed = await refresh(session.refresh_token)
      expect(refreshed.refresh_token).not.toBe(session.refresh_token)
      const introspected = await oauth.processIntrospectionResponse(
        server,
        client,
        await oauth.introspectionRequest(server, client, post, refreshed.refresh_token ?? '', insecure),
      )
      expect(introspected).toMatchObject({ active: true, token_type: 'refresh_token', sub: 'alice' })
      await oauth.processRevocationResponse(
        await oauth.revocationRequest(server, client, post, refreshed.refresh_token ?? '', insecure),
      )
      expect((await service.forwardAuth(refreshed.access_token)).body.code).toBe('ERR_TOKEN_REVOKED')
      await expect(refresh(refreshed.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_grant',
        status: 400,
      })

      const wrong = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        oauth.ClientSecretBasic('wrong'),
        {},
        insecure,
      )
      expect(wrong.status).toBe(401)
      expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic /)
      expect(await wrong.json()).toMatchObject({ error: 'invalid_client', code: 'ERR_CLIENT' })
    })

    it('cannot revoke what was issued to another client', async () => {
      const [one, other] = [await registerClient(service, 'read'), await registerClient(service, 'read')]
      const basic = (client: typeof one) =>
        `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')}`
      const form = { grant_type: 'client_credentials' }
      const { access_token: token } = (await service.request('POST', '/oauth2/token', basic(one), { form }))
        .body
      const refused = await service.request('POST', '/oauth2/revoke', basic(other), { form: { token } })
      expect(refused).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } })
      expect((await service.forwardAuth(token)).status).toBe(200)
      expect((await service.request('POST', '/oauth2/revoke', basic(one), { form: { token } })).status).toBe(
        200,
      )
      expect((await service.forwardAuth(token)).status).toBe(401)
      const forbidden = await service.request('POST', '/v1/tokens', basic(one), { json: { sub: 'alice' } })
      expect(forbidden).toMatchObject({ status: 403, body: { code: 'ERR_SCOPE' } })
    })

    it('lets an administrator’s bearer token do what the administrator may', async () => {
      const form = { grant_type: 'client_credentials' }
      const { access_token: admin } = (
        await service.request('POST', '/oauth2/token', service.basic, { form })
      ).body
      const issued = await service.request('POST', '/v1/tokens', `Bearer ${admin}`, {
        json: { sub: 'alice' },
      })
      expect(issued.status).toBe(200)
      const plain = await service.request('POST', '/v1/tokens', `Bearer ${issued.body.access_token}`, {
        json: { sub: 'x' },
      })
      expect(plain).toMatchObject({ status: 403, body: { code: 'ERR_SCOPE' } })
      expect(plain.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
    })
  })
})
