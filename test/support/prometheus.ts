import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemFile } from '../../scripts/lib/system-packages.mjs'
import { run } from './process.ts'
import { eventually, freePort, startDaemon } from './processes.ts'

/** Runs promtool, and gives what it prints. */
export function promtool(args: readonly string[], cwd: string): Promise<string> {
  return run(join(dirname(systemFile('prometheus')), 'promtool'), args, cwd)
}

export interface Alert {
  readonly state: 'pending' | 'firing'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** A real Prometheus. */
export interface Prometheus {
  readonly url: string
  /** Those that wait or fire. */
  alerts(): Promise<readonly Alert[]>
}

/**
 * Starts Prometheus on a port of 127.0.0.1; it ends with the test.
 *
 * @param directory holds its configuration, `prometheus.yml`; it keeps its data there
 */
export async function startPrometheus(directory: string): Promise<Prometheus> {
  const port = await freePort()
  const data = join(directory, 'data')
  mkdirSync(data)
  const daemon = startDaemon(
    systemFile('prometheus'),
    [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { cwd: directory },
  )
  const url = `http://127.0.0.1:${port}`
  await eventually(async () => {
    if (daemon.process.exitCode !== null) throw new Error(`prometheus ended:\n${daemon.output()}`)
    const { ok } = await fetch(`${url}/-/ready`)
    if (!ok) throw new Error('not ready')
  })
  return {
    url,
    async alerts() {
      const { data } = (await (await fetch(`${url}/api/v1/alerts`)).json()) as {
        data: { alerts: readonly Alert[] }
      }
      return data.alerts
    },
  }
}
