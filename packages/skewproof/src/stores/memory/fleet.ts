import type { HostClock } from '../../clock/host.ts'
import { storeUnavailable } from '../../tokens/errors.ts'
import {
  type FleetDescriptions,
  type FleetReading,
  type FleetStore,
  forgetAfterMs,
  maxNodes,
  type NodeWord,
} from '../fleet-store.ts'
import { checkNode, checkWord } from '../fleet-word.ts'

/** The fleet of one process, by its uptime. */
export class MemoryFleet implements FleetStore {
  readonly beatEveryMs = 1000
  readonly resolutionMs = 10
  readonly tellsTimeOfDay = false
  readonly #host: HostClock
  readonly #check: () => void
  readonly #words = new Map<string, NodeWord & { readonly atMs: number }>()
  #sequence = 0

  /** @param check throws when the store is closed */
  constructor(host: HostClock, check: () => void) {
    this.#host = host
    this.#check = check
  }

  async beat(word: NodeWord): Promise<FleetReading> {
    this.#check()
    checkWord(word)
    this.#forget()
    if (this.#words.size >= maxNodes && !this.#words.has(word.node))
      throw storeUnavailable(`there are ${maxNodes} nodes, and no more are taken`)
    const timeMs = this.#host.uptimeMs()
    this.#words.set(word.node, { ...word, atMs: timeMs })
    this.#sequence += 1
    const reports = [...this.#words.values()].map(({ report }) => report)
    return { timeMs, epoch: '', sequence: this.#sequence, reports }
  }

  async readDescriptions(): Promise<FleetDescriptions> {
    this.#check()
    this.#forget()
    const nodes = [...this.#words.values()].map(({ report: _, ...rest }) => rest)
    return { timeMs: this.#host.uptimeMs(), nodes }
  }

  async leave(node: string): Promise<void> {
    this.#check()
    checkNode(node)
    this.#words.delete(node)
  }

  #forget(): void {
    const beforeMs = this.#host.uptimeMs() - forgetAfterMs
    for (const { node, atMs } of this.#words.values()) if (atMs <= beforeMs) this.#words.delete(node)
  }
}
