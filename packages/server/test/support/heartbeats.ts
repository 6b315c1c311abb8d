import { RedisClient } from '@redis/client'
import { onTestFinished } from 'vitest'
import type { RedisServer } from '../../../../test/support/redis-server.ts'

/** A heartbeat as it was written to Redis. */
export interface Heartbeat {
  readonly host: string
  /** What the node says of UTC by its own sources: how far the clock of Redis is from it; `undefined`: nothing. */
  readonly storeOffsetMs: number | undefined
  readonly isReady: boolean
}

/** All heartbeats that a Redis is sent from now on, in the order in which it took them, until the test ends. */
export async function recordHeartbeats(redis: RedisServer): Promise<readonly Heartbeat[]> {
  const heartbeats: Heartbeat[] = []
  const client = new RedisClient({ url: redis.url })
  client.on('error', () => {})
  await client.connect()
  onTestFinished(() => client.destroy())
  let report = ''
  await client.monitor(line => {
    const { field, value } =
      /"HSET" ".*:\{fleet\}:(?<field>reports|descriptions)" ".*?" "(?<value>.*)"$/.exec(String(line))
        ?.groups ?? {}
    if (value === undefined) return
    const text = value.replaceAll('\\"', '"').replaceAll('\\\\', '\\')
    if (field === 'reports') report = text
    else heartbeats.push(heartbeatOf(report, text))
  })
  return heartbeats
}

function heartbeatOf(report: string, description: string): Heartbeat {
  const { host, ready } = JSON.parse(description) as { host: string; ready: boolean }
  const storeOffsetMs = (JSON.parse(report) as unknown[])[5]
  return {
    host,
    storeOffsetMs: typeof storeOffsetMs === 'number' ? storeOffsetMs : undefined,
    isReady: ready,
  }
}
