import { setTimeout as sleep } from 'node:timers/promises'
import type { HostClock } from '../../clock/host.ts'
import { storeUnavailable, TokenError } from '../../tokens/errors.ts'
import type { Answer, Connection } from './connection.ts'
import type { NodeRedisConnection } from './node-redis.ts'
import { slotOf } from './slots.ts'
import { hostOf, type Topology } from './topology.ts'

export interface ClusterConnectionOptions {
  readonly topology: Topology
  /** Connects to one node, by `host:port`. */
  readonly open: (node: string) => NodeRedisConnection
  readonly commandTimeoutMs: number
  readonly host: HostClock
}

/** How long is waited where a slot is being moved, or has no primary. */
const retryDelayMs = 50

/**
 * One connection to each primary that has keys of ours. A command that a node does not take, because a slot was moved, is being
 * moved, or has nobody who serves it, was not executed: it is sent again, for as long as a command may take. One that was not
 * answered is not: it may have been executed.
 */
export class ClusterConnection implements Connection {
  readonly #options: ClusterConnectionOptions
  readonly #nodes = new Map<string, NodeRedisConnection>()
  /** Where something may still be under way, but nothing more is sent. */
  readonly #left = new Set<NodeRedisConnection>()
  readonly #subscriptions = new Map<string, () => void>()
  #closed = false

  constructor(options: ClusterConnectionOptions) {
    this.#options = options
    options.topology.onChange(() => this.#follow())
  }

  async send(key: string, command: readonly string[], replicas = 0): Promise<Answer> {
    const { topology, commandTimeoutMs, host } = this.#options
    const slot = slotOf(key)
    const deadlineMs = host.monotonicMs() + commandTimeoutMs
    let importing: string | undefined
    for (;;) {
      const node = importing ?? (await this.#primaryOf(slot))
      try {
        return await this.#at(node).perform({ command, replicas, asking: importing !== undefined })
      } catch (error) {
        if (error instanceof TokenError) topology.refresh().catch(() => {})
        const redirection = parseRedirection(error, node)
        if (redirection === undefined) throw error
        if (host.monotonicMs() > deadlineMs)
          throw storeUnavailable('its cluster does not serve the slot', error)
        importing = redirection.kind === 'ask' ? redirection.node : undefined
        if (redirection.kind === 'moved') topology.learn(slot, redirection.node)
        if (redirection.kind === 'later') await sleep(retryDelayMs)
      }
    }
  }

  subscribe(channel: string, listener: () => void): void {
    this.#subscriptions.set(channel, listener)
    this.#follow()
  }

  close(): void {
    this.#closed = true
    for (const node of [...this.#nodes.values(), ...this.#left]) node.close()
  }

  async #primaryOf(slot: number): Promise<string> {
    const { topology } = this.#options
    const known = topology.primaryOf(slot)
    if (known !== undefined) return known
    try {
      await topology.refresh()
    } catch (error) {
      throw storeUnavailable(error instanceof Error ? error.message : 'its cluster does not answer', error)
    }
    const primary = topology.primaryOf(slot)
    if (primary === undefined) throw storeUnavailable(`nobody in its cluster has slot ${slot}`)
    return primary
  }

  #at(node: string): NodeRedisConnection {
    if (this.#closed) throw storeUnavailable('it has been closed')
    const known = this.#nodes.get(node)
    if (known !== undefined) return known
    const connection = this.#options.open(node)
    this.#nodes.set(node, connection)
    return connection
  }

  /** Listens where the slots are now, and leaves the nodes that have none any more once nothing can be under way there. */
  #follow(): void {
    if (this.#closed) return
    const { topology, commandTimeoutMs } = this.#options
    for (const [channel, listener] of this.#subscriptions) {
      const primary = topology.primaryOf(slotOf(channel))
      if (primary !== undefined) this.#at(primary).subscribe(channel, listener)
    }
    for (const [node, connection] of this.#nodes) {
      if (topology.isPrimary(node)) continue
      this.#nodes.delete(node)
      this.#left.add(connection)
      setTimeout(() => {
        this.#left.delete(connection)
        connection.close()
      }, 2 * commandTimeoutMs).unref()
    }
  }
}

export type Redirection =
  | { readonly kind: 'moved' | 'ask'; readonly node: string }
  /** Keys are on their way, or nobody has the slot for now. */
  | { readonly kind: 'later' }

/** What a node says that did not take the command; `undefined` for all else. */
export function parseRedirection(error: unknown, asked: string): Redirection | undefined {
  const text = error instanceof Error && !(error instanceof TokenError) ? error.message : ''
  const match = /^(MOVED|ASK) \d{1,5} ([^ ]{0,255}):(\d{1,5})$/.exec(text)
  if (match !== null) {
    const [, code, host, port] = match
    return { kind: code === 'ASK' ? 'ask' : 'moved', node: `${host || hostOf(asked)}:${port}` }
  }
  return /^(TRYAGAIN|CLUSTERDOWN) /.test(text) ? { kind: 'later' } : undefined
}
