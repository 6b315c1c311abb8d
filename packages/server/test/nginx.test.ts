import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startNginxWith } from '../../../test/support/nginx.ts'
import { eventually, freePort } from './support/processes.ts'
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
  return `127.0.0.1:${portOf(server)}`
}

/** As it is shipped, but for the addresses. */
async function startGuardedNginx(service: string, upstream: string): Promise<string> {
  const port = await freePort()
  const text = readFileSync(new URL('../../../deploy/nginx/skewproof.conf', import.meta.url), 'utf8')
  const addresses = [
    ['server 127.0.0.1:8787;', `server ${service};`],
    ['server 127.0.0.1:3000;', `server ${upstream};`],
    ['listen 8080;', `listen 127.0.0.1:${port};`],
  ] as const
  for (const [shipped] of addresses) expect(text).toContain(shipped)
  return startNginxWith(
    addresses.reduce((all, [shipped, own]) => all.replace(shipped, own), text),
    port,
  )
}

describe('nginx with auth_request', () => {
  it('lets a live token pass, and refuses a revoked one and none', async () => {
    const service = await startService()
    const upstream = await startUpstream()
    const url = await startGuardedNginx(new URL(service.url).host, addressOf(upstream))
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
    const url = await startGuardedNginx(addressOf(unavailable), addressOf(upstream))
    expect((await eventually(() => fetch(url))).status).toBe(500)
  })
})
