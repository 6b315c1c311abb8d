import { ClusterConnection } from './cluster.ts'
import type { Connection } from './connection.ts'
import { askOnce, NodeRedisConnection } from './node-redis.ts'
import type { RedisSettings } from './options.ts'
import { askSentinels } from './sentinel.ts'
import { hostOf, portOf, Topology } from './topology.ts'

/** The connections of a store; on a cluster each of them is one to each primary. */
export class Connections {
  readonly commands: Connection
  /** Where replicas are waited for, the other commands must not wait along. */
  readonly durable: Connection
  /** Changes are followed on a connection of their own, so that no queue of commands delays them. */
  readonly changes: Connection

  constructor(settings: RedisSettings) {
    const open = opener(settings)
    this.commands = open()
    this.durable = settings.replicas > 0 ? open() : this.commands
    this.changes = open()
  }

  close(): void {
    for (const connection of [this.commands, this.durable, this.changes]) connection.close()
  }
}

/** Opens connections to wherever the keys lie. */
export function opener(settings: RedisSettings): () => Connection {
  const { server, sentinel, cluster, commandTimeoutMs, host } = settings
  if (cluster !== undefined) {
    const at = (node: string) => {
      const address = cluster.reach(node)
      return { ...server, host: hostOf(address), port: portOf(address) }
    }
    const topology = new Topology({
      seeds: cluster.nodes,
      ask: node => askOnce(at(node), commandTimeoutMs, ['CLUSTER', 'SLOTS']),
    })
    const open = (node: string) =>
      new NodeRedisConnection({ locate: async () => at(node), commandTimeoutMs, host })
    return () => new ClusterConnection({ topology, open, commandTimeoutMs, host })
  }
  const ask = sentinel && askSentinels(sentinel.name, sentinel.nodes, commandTimeoutMs)
  const locate = async () => (ask === undefined ? server : { ...server, ...(await ask()) })
  return () => new NodeRedisConnection({ locate, commandTimeoutMs, host })
}
