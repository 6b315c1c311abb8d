import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
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

export const shippedPath: string = fileURLToPath(new URL('../../deploy/haproxy/haproxy.cfg', import.meta.url))
const shipped = readFileSync(shippedPath, 'utf8')

/** How the shipped configuration checks servers: how often, ms, and after how many failures one is down. */
export const shippedChecks: { readonly intervalMs: number; readonly failures: number } = readChecks()

/**
 * Starts HAProxy as it is shipped, but for where it listens and the servers behind it; it ends with the test. Each answer says in
 * `X-Served-By` who gave it.
 */
export async function startHaproxy(servers: readonly ProxiedServer[]): Promise<Haproxy> {
  const directory = temporaryDirectory()
  const [port, statisticsPort] = [await freePort(), await freePort()]
  const statistics = [
    'frontend statistics',
    `  bind 127.0.0.1:${statisticsPort}`,
    '  stats enable',
    '  stats uri /',
  ]
  const own = servers.map(({ name, port }) => `  server ${name} 127.0.0.1:${port}`)
  const configuration = shipped
    .replace('  bind :8080\n', `  bind 127.0.0.1:${port}\n`)
    .replace(/( {2}server .*\n)+$/, `  http-response set-header X-Served-By %s\n${own.join('\n')}\n`)
    .concat(statistics.join('\n'), '\n')
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
    if (states.size !== servers.length || ![...states.values()].every(state => state === 'UP'))
      throw new Error(`not up: ${[...states]}`)
  })
  return haproxy
}

function readChecks(): { intervalMs: number; failures: number } {
  const [, intervalMs, failures] = /default-server check inter (\d+)ms fall (\d+) /.exec(shipped) ?? []
  if (intervalMs === undefined || failures === undefined)
    throw new Error(`${shippedPath} does not say how it checks servers`)
  return { intervalMs: Number(intervalMs), failures: Number(failures) }
}

/** The second column names the server, the eighteenth its state. */
function readStates(csv: string): ReadonlyMap<string, string> {
  const rows = csv.split('\n').map(line => line.split(','))
  const servers = rows.filter(([backend, name]) => backend === 'services' && name !== 'BACKEND')
  return new Map(servers.map(row => [row[1] ?? '', row[17] ?? '']))
}
