import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { end, eventually, freePort, temporaryDirectory } from './support/processes.ts'
import { startService } from './support/service.ts'

const nginx = '/usr/sbin/nginx'

/** What stands behind the proxy: it says who nginx told it that is asking. */
async function startUpstream(): Promise<Server> {
  const server = createServer((request, response) => {
    response.end(`hello ${request.headers['x-subject']}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return server
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
  if (!existsSync(nginx)) throw new Error('nginx is missing: install the Debian package nginx')
  const directory = temporaryDirectory()
  mkdirSync(join(directory, 'tmp'))
  // As root, the worker runs as another user.
  for (const path of [directory, join(directory, 'tmp')]) chmodSync(path, 0o777)
  const port = await freePort()
  writeFileSync(join(directory, 'nginx.conf'), configuration(directory, port, serviceUrl, upstreamPort))
  const child: ChildProcess = spawn(nginx, ['-c', join(directory, 'nginx.conf'), '-p', directory], {
    stdio: 'ignore',
  })
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
    const url = await startNginx(service.url, (upstream.address() as AddressInfo).port)
    const get = (token?: string) =>
      fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
    await eventually(() => get())

    const { access_token: token, jti } = (await service.issue({ sub: 'alice' })).body
    const passed = await get(token)
    expect([passed.status, await passed.text()]).toEqual([200, 'hello alice'])
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
})
