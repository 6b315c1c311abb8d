import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemFile } from '../scripts/lib/system-packages.mjs'
import { eventually, freePort } from '../test/support/daemons.ts'
import type { Scope } from './scope.ts'

export interface Target {
  readonly name: string
  readonly address: string
  readonly port: number
}

/** Requests whose path begins so go to these, in turn. */
export interface Route {
  readonly path: string
  readonly targets: readonly Target[]
}

/** Starts a load balancer; each route has its turns to itself, so that all policies are asked alike. */
export async function startHaproxy(routes: readonly Route[], scope: Scope): Promise<string> {
  const directory = scope.directory()
  const port = await freePort()
  const configuration = `
global
  maxconn 2000
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 5s
  option redispatch
  retries 1
frontend lab
  bind 127.0.0.1:${port}
${routes.map(({ path }, index) => `  use_backend route${index} if { path_beg ${path} }`).join('\n')}
${routes.map(backend).join('\n')}
`
  writeFileSync(join(directory, 'haproxy.cfg'), configuration)
  scope.start(systemFile('haproxy'), ['-f', join(directory, 'haproxy.cfg'), '-db'], { cwd: directory })
  const url = `http://127.0.0.1:${port}`
  await eventually(() => fetch(url))
  return url
}

function backend({ targets }: Route, index: number): string {
  const servers = targets.map(({ name, address, port }) => `  server ${name} ${address}:${port}`)
  return [
    `backend route${index}`,
    '  balance roundrobin',
    '  http-response set-header x-lab-server %s',
    ...servers,
  ].join('\n')
}
