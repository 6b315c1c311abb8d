import { setTimeout as sleep } from 'node:timers/promises'
import { listOf, numberOf, textOf } from './reply.ts'

export interface TopologyOptions {
  /** `host:port` of nodes that are asked at first. */
  readonly seeds: readonly string[]
  /** Asks one node: `CLUSTER SLOTS`. */
  readonly ask: (node: string) => Promise<unknown>
}

/** A node that does not answer for so long is not waited for alone. */
const patienceMs = 250
/** Who has just been told does not ask again at once. */
const restMs = 100
const maxNodes = 100

/** Which node of a cluster is the primary of which slot, as far as it is known. */
export class Topology {
  readonly #options: TopologyOptions
  /** What nodes have said of single slots since. */
  readonly #learned = new Map<number, string>()
  readonly #listeners: (() => void)[] = []
  #ranges: readonly SlotRange[] = []
  #refreshing: Promise<void> | undefined

  constructor(options: TopologyOptions) {
    this.#options = options
  }

  primaryOf(slot: number): string | undefined {
    const learned = this.#learned.get(slot)
    return learned ?? this.#ranges.find(({ first, last }) => first <= slot && slot <= last)?.nodes[0]
  }

  /** Whether the node has slots. */
  isPrimary(node: string): boolean {
    return this.#ranges.some(({ nodes }) => nodes[0] === node) || [...this.#learned.values()].includes(node)
  }

  /** Is called after each change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** A node has said who has the slot. */
  learn(slot: number, primary: string): void {
    if (this.primaryOf(slot) === primary) return
    this.#learned.set(slot, primary)
    this.#tell()
  }

  /**
   * Asks the cluster; who asks meanwhile gets the same answer.
   *
   * @throws Error that says what each node answered
   */
  refresh(): Promise<void> {
    if (this.#refreshing !== undefined) return this.#refreshing
    const refreshing = this.#refresh()
    this.#refreshing = refreshing
    const rest = (): void => {
      setTimeout(() => {
        this.#refreshing = undefined
      }, restMs).unref()
    }
    refreshing.then(rest, rest)
    return refreshing
  }

  async #refresh(): Promise<void> {
    const { seeds, ask } = this.#options
    const known = this.#ranges.flatMap(({ nodes }) => nodes).slice(0, maxNodes)
    const nodes = shuffled([...new Set([...known, ...seeds])])
    this.#ranges = await firstAnswer(nodes, async node => parseSlots(await ask(node), node))
    this.#learned.clear()
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

export interface SlotRange {
  readonly first: number
  readonly last: number
  /** The primary, then its replicas. */
  readonly nodes: readonly string[]
}

/**
 * Reads the answer to `CLUSTER SLOTS`.
 *
 * @param asked the node that gave it, which need not know by what address it is reached
 */
export function parseSlots(answer: unknown, asked: string): readonly SlotRange[] {
  return listOf(answer).map(range => {
    const [first, last, ...nodes] = listOf(range)
    return { first: numberOf(first), last: numberOf(last), nodes: nodes.map(node => parseNode(node, asked)) }
  })
}

function parseNode(node: unknown, asked: string): string {
  const [host, port] = listOf(node)
  return `${host === null ? hostOf(asked) : textOf(host) || hostOf(asked)}:${numberOf(port)}`
}

/** An IPv6 address has colons of its own. */
export function hostOf(node: string): string {
  return node.slice(0, node.lastIndexOf(':'))
}

export function portOf(node: string): number {
  return Number(node.slice(node.lastIndexOf(':') + 1))
}

/** Asks one after another, without waiting for long for one that is silent. */
async function firstAnswer<T>(nodes: readonly string[], ask: (node: string) => Promise<T>): Promise<T> {
  let done = false
  const problems: string[] = []
  const attempts: Promise<T>[] = []
  for (const node of nodes) {
    const attempt = ask(node)
    attempts.push(attempt)
    const failed = attempt.then(
      () => {
        done = true
      },
      (error: unknown) => {
        problems.push(`${node}: ${error instanceof Error ? error.message : String(error)}`)
      },
    )
    await Promise.race([failed, sleep(patienceMs, undefined, { ref: false })])
    if (done) break
  }
  return Promise.any(attempts).catch(() => {
    throw new Error(`no node of the cluster answers (${problems.join('; ')})`)
  })
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map(item => ({ item, order: Math.random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ item }) => item)
}
