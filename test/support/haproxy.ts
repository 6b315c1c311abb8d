import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemFile } from '../../scripts/lib/system-packages.mjs'
import { eventually, freePort, startDaemon, temporaryDirectory } from './processes.ts'

export interface ProxiedServer {
  readonly name: string
  readonly port: number
}

/** A real HAProxy that sends each request to one of the servers that say they are ready. */
export interface Haproxy {
  readonly url: string
  /** `UP` or `DOWN`, as HAProxy has it, by the server's name. */
  states(): Promise<ReadonlyMap<string, string>>
}

/** Starts HAProxy on a port of 127.0.0.1; it ends with the test. Each answer says in `X-Served-By` who gave it. */
export async function startHaproxy(servers: readonly ProxiedServer[]): Promise<Haproxy> {
  const directory = temporaryDirectory()
  const [port, statisticsPort] = [await freePort(), await freePort()]
  const configuration = `
global
  maxconn 200
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
frontend requests
  bind 127.0.0.1:${port}
  default_backend services
backend services
  balance roundrobin
  option httpchk GET /ready
  option redispatch
  retries 3
  http-response set-header X-Served-By %s
  default-server check inter 500ms fall 2 rise 2
  ${servers.map(({ name, port }) => `server ${name} 127.0.0.1:${port}`).join('\n  ')}
frontend statistics
  bind 127.0.0.1:${statisticsPort}
  stats enable
  stats uri /
`
  const file = join(directory, 'haproxy.cfg')
  writeFileSync(file, configuration)
  const daemon = startDaemon(systemFile('haproxy'), ['-f', file, '-db'], { cwd: directory })
  const haproxy = {
    url: `http://127.0.0.1:${port}`,
    states: async () => readStates(await (await fetch(`http://127.0.0.1:${statisticsPort}/;csv`)).text()),
  }
  await eventually(async () => {
    if (daemon.process.exitCode !== null) throw new Error(`haproxy ended:\n${daemon.output()}`)
    const states = await haproxy.states()
    if (![...states.values()].every(state => state === 'UP')) throw new Error(`not up: ${[...states]}`)
  })
  return haproxy
}

/** The second column names the server, the eighteenth its state. */
function readStates(csv: string): ReadonlyMap<string, string> {
  const rows = csv.split('\n').map(line => line.split(','))
  const servers = rows.filter(([backend, name]) => backend === 'services' && name !== 'BACKEND')
  return new Map(servers.map(row => [row[1] ?? '', row[17] ?? '']))
}
