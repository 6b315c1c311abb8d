import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemFile } from '../../../scripts/lib/system-packages.mjs'
import { end, eventually, freePort, temporaryDirectory } from './support/processes.ts'
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

function configuration(directory: string, port: number, serviceUrl: string, upstreamPort: number): string {
  return `
daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path ${directory}/tmp;
  proxy_temp_path ${directory}/tmp;
  fastcgi_temp_path ${directory}/tmp;
  uwsgi_temp_path ${directory}/tmp;
  scgi_temp_path ${directory}/tmp;
  server {
    listen 127.0.0.1:${port};
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
    }
  }
}`
}

async function startNginx(serviceUrl: string, upstreamPort: number): Promise<string> {
  const directory = temporaryDirectory()
  mkdirSync(join(directory, 'tmp'))
  // As root, the worker runs as another user.
  for (const path of [directory, join(directory, 'tmp')]) chmodSync(path, 0o777)
  const port = await freePort()
  writeFileSync(join(directory, 'nginx.conf'), configuration(directory, port, serviceUrl, upstreamPort))
  const child: ChildProcess = spawn(
    systemFile('nginx'),
    ['-c', join(directory, 'nginx.conf'), '-p', directory],
    {
      stdio: 'ignore',
    },
  )
  onTestFinished(async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    await end(child)
  })
  return `http://127.0.0.1:${port}`
}

describe('nginx with auth_request', () => {
  it('lets a live token pass, and refuses a revoked one and none', async () => {
    const service = await startService()
    const upstream = await startUpstream()
    const url = await startNginx(service.url, portOf(upstream))
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
    const url = await startNginx(addressOf(unavailable), portOf(upstream))
    expect((await eventually(() => fetch(url))).status).toBe(500)
  })
})
