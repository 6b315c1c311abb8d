import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type RedisCluster, startRedisClusterForTest } from '../../../test/support/redis-cluster.ts'
import { primaryName, type SentinelFleet, startSentinelFleet } from '../../../test/support/redis-fleet.ts'
import type { RedisServer } from '../../../test/support/redis-server.ts'
import { expectWholeFleet, startFleetWithUtc } from './support/fleet.ts'
import { Load, suffer } from './support/load.ts'
import { eventually } from './support/processes.ts'

vi.setConfig({ testTimeout: 600_000 })

const maxStalenessMs = 1000

/** Where the nodes leave their heartbeats. */
const fleetKey = 'skewproof:{fleet}:state'
/** A key of some of the shards of a cluster, the first with the documents, on each of three primaries. */
const shards = ['skewproof:{10}:state', 'skewproof:{0}:state', 'skewproof:{43}:state', 'skewproof:{12}:state']

type Fault<Place> = readonly [string, (place: Place, load: Load) => Promise<void>]

const sentinelFaults: readonly Fault<SentinelFleet>[] = [
  [
    'the primary is killed',
    async fleet => {
      const primary = await fleet.primary()
      await primary.kill()
      await eventually(async () => expect(await fleet.primary()).not.toBe(primary), 120_000)
      await primary.start()
    },
  ],
  [
    'the primary is frozen for ten seconds, and comes back as if nothing had been',
    async fleet => {
      const primary = await fleet.primary()
      primary.signal('SIGSTOP')
      await Promise.all([
        sleep(10_000),
        eventually(async () => expect(await fleet.primary()).not.toBe(primary), 120_000),
      ])
      primary.signal('SIGCONT')
    },
  ],
]

const clusterFaults: readonly Fault<RedisCluster>[] = [
  [
    'replicas are told to take over',
    async (cluster, load) => {
      for (const key of shards.slice(0, 2)) {
        const primary = await cluster.primaryOf(key)
        const replica = await replicaOf(cluster, primary)
        await replica.command('CLUSTER', 'FAILOVER')
        await eventually(async () => expect(await cluster.primaryOf(key)).toBe(replica))
        await load.untilRevoked(2)
      }
    },
  ],
  [
    'slots are moved, there and back',
    async (cluster, load) => {
      for (const key of [fleetKey, ...shards, ...shards]) {
        const primary = await cluster.primaryOf(key)
        const others = await Promise.all(shards.map(other => cluster.primaryOf(other)))
        await cluster.moveSlot(key, others.find(other => other !== primary) ?? primary)
        await load.untilRevoked(1)
      }
    },
  ],
  [
    'the primary that has the heartbeats is killed, and its replica takes over',
    async cluster => {
      const primary = await cluster.primaryOf(fleetKey)
      await primary.kill()
      await eventually(async () => expect(await cluster.primaryOf(fleetKey)).not.toBe(primary), 120_000)
      await primary.start()
    },
  ],
  [
    'a primary is frozen for ten seconds, and comes back as if nothing had been',
    async cluster => {
      const primary = await cluster.primaryOf(shards[1] ?? '')
      primary.signal('SIGSTOP')
      await sleep(10_000)
      primary.signal('SIGCONT')
    },
  ],
]

async function replicaOf({ servers }: RedisCluster, primary: RedisServer): Promise<RedisServer> {
  const [, , replicas] = (await primary.command('ROLE')) as [string, number, [string, string][]]
  const found = servers.find(({ port }) => String(port) === replicas[0]?.[1])
  if (found === undefined) throw new Error('it has no replica')
  return found
}

async function sufferAt<Place>(
  faults: readonly Fault<Place>[],
  place: Place,
  ...args: readonly string[]
): Promise<void> {
  const services = await startFleetWithUtc(...args, '--redis-replicas', '1')
  const load = await Load.start(services, maxStalenessMs)
  onTestFinished(() => load.stop())
  await suffer(
    load,
    faults.map(([name, inflict]) => [
      name,
      async () => {
        await inflict(place, load)
        await expectWholeFleet(services)
      },
    ]),
  )
}

it('under load, five services lose nothing and believe nothing that is over when Sentinels make another server the primary', async () => {
  const fleet = await startSentinelFleet(2, 3)
  await sufferAt(sentinelFaults, fleet, '--redis-sentinel', `${primaryName}@${fleet.sentinels.join(',')}`)
})

it('under load, five services lose nothing and believe nothing that is over when a cluster fails over and moves slots', async () => {
  const cluster = await startRedisClusterForTest({ primaries: 3, replicasOfEach: 1 })
  await sufferAt(clusterFaults, cluster, '--redis-cluster', cluster.nodes.join(','))
})
