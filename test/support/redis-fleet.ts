import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { eventually, freePort, startDaemon, temporaryDirectory } from './processes.ts'
import { RedisServer, redisProgram } from './redis-server.ts'

export const primaryName = 'skewproof-test'

/** One primary with replicas, and Sentinels that watch over them; all end with the test. */
export interface SentinelFleet {
  /** The first of them begins as the primary. */
  readonly servers: readonly RedisServer[]
  /** `host:port` of each. */
  readonly sentinels: readonly string[]
  /** The server that the Sentinels take for the primary. */
  primary(): Promise<RedisServer>
}

export async function startSentinelFleet(replicas: number, sentinelCount: number): Promise<SentinelFleet> {
  const first = await startServer([])
  const servers = [first]
  for (let count = 0; count < replicas; count += 1) {
    servers.push(
      await startServer(['--replicaof', `127.0.0.1 ${first.port}`, '--repl-diskless-sync-delay', '0']),
    )
  }
  await eventually(async () => {
    const [, , following] = (await first.command('ROLE')) as [string, number, unknown[]]
    if (following.length < replicas) throw new Error(`${following.length} replicas follow`)
  })
  const ports = await Promise.all(Array.from({ length: sentinelCount }, freePort))
  for (const port of ports) startSentinel(port, first.port)
  const fleet: SentinelFleet = {
    servers,
    sentinels: ports.map(port => `127.0.0.1:${port}`),
    async primary() {
      const [port = 0] = ports
      const answer = await RedisServer.at(port).command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', primaryName)
      const found = servers.find(server => String(server.port) === (answer as string[])[1])
      if (found === undefined) throw new Error('the Sentinels name another server')
      return found
    },
  }
  await eventually(() => everybodyKnows(ports, replicas, sentinelCount))
  return fleet
}

async function startServer(args: readonly string[]): Promise<RedisServer> {
  const server = await RedisServer.start({ args })
  onTestFinished(() => server.end())
  return server
}

function startSentinel(port: number, primaryPort: number): void {
  const directory = temporaryDirectory()
  const file = join(directory, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${directory}`,
    `sentinel monitor ${primaryName} 127.0.0.1 ${primaryPort} 2`,
    `sentinel down-after-milliseconds ${primaryName} 2000`,
    `sentinel failover-timeout ${primaryName} 10000`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  startDaemon(redisProgram(), [file, '--sentinel'], { cwd: directory })
}

/** Before that, no failover would find a majority, or a replica to promote. */
async function everybodyKnows(ports: readonly number[], replicas: number, sentinels: number): Promise<void> {
  for (const port of ports) {
    const fields = (await RedisServer.at(port).command('SENTINEL', 'MASTER', primaryName)) as object
    const known = new Map(Object.entries(fields))
    const counts = [Number(known.get('num-slaves')), Number(known.get('num-other-sentinels'))]
    if (counts[0] !== replicas || counts[1] !== sentinels - 1) throw new Error(`it knows ${counts}`)
  }
}
