import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startNginx } from '../../../test/support/nginx.ts'
import { eventually } from './support/processes.ts'
import { startService } from './support/service.ts'

async function startServer(listener: RequestListener): Promise<Server> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return server
}

/** What stands behind the proxy: it says who nginx told it that is asking. */
function startUpstream(): Promise<Server> {
  return startServer((request, response) => {
    response.end(`hello ${request.headers['x-subject']}`)
  })
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${portOf(server)}`
}

function startGuardedNginx(serviceUrl: string, upstreamPort: number): Promise<string> {
  return startNginx(`
    location / {
      auth_request /_auth;
      auth_request_set $subject $upstream_http_x_token_subject;
      proxy_set_header X-Subject $subject;
      proxy_pass http://127.0.0.1:${upstreamPort};
    }
    location /admin {
      auth_request /_admin;
      proxy_pass http://127.0.0.1:${upstreamPort};
    }
    location = /_admin {
      internal;
      proxy_pass ${serviceUrl}/forward-auth?scope=admin;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
    }
    location = /_auth {
      internal;
      proxy_pass ${serviceUrl}/forward-auth;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
    }`)
}

describe('nginx with auth_request', () => {
  it('lets a live token pass, and refuses a revoked one and none', async () => {
    const service = await startService()
    const upstream = await startUpstream()
    const url = await startGuardedNginx(service.url, portOf(upstream))
    const get = (token?: string) =>
      fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
    await eventually(() => get())
    const post = (path: string, token: string) =>
      fetch(url + path, { method: 'POST', body: '{', headers: { authorization: `Bearer ${token}` } })

    const { access_token: token, jti } = (await service.issue({ sub: 'alice' })).body
    const passed = await get(token)
    expect([passed.status, await passed.text()]).toEqual([200, 'hello alice'])
    expect((await post('/', token)).status).toBe(200)
    expect((await post('/admin', token)).status).toBe(403)
    const anonymous = await get()
    expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="skewproof"',
    ])
    await service.revoke({ jti })
    const refused = await get(token)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"')

    await service.stop()
    // nginx answers 500 for an authorisation service that it cannot reach: closed, and nobody is logged out.
    expect((await get(token)).status).toBe(500)
  })

  it('answers 500 when the service answers 503: closed, and nobody is logged out', async () => {
    const unavailable = await startServer((_request, response) => {
      response.writeHead(503, { 'retry-after': '1' }).end()
    })
    const upstream = await startUpstream()
    const url = await startGuardedNginx(addressOf(unavailable), portOf(upstream))
    expect((await eventually(() => fetch(url))).status).toBe(500)
  })
})
