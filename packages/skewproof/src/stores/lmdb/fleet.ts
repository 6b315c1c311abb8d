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
import type { Layout } from './layout.ts'

/** What the fleet needs of the store that it lies in. */
export interface LmdbAccess {
  readonly layout: Layout
  nowMs(): number
  bootId(): string | undefined
  read<T>(action: () => T): Promise<T>
  write<T>(action: () => T): Promise<T>
}

/** The processes of one machine. Each beat is a write to the disk, so that there are fewer than elsewhere. */
export class LmdbFleet implements FleetStore {
  readonly beatEveryMs = 5000
  readonly resolutionMs = 10
  readonly tellsTimeOfDay = false
  readonly #access: LmdbAccess

  constructor(access: LmdbAccess) {
    this.#access = access
  }

  async beat(word: NodeWord): Promise<FleetReading> {
    checkWord(word)
    return this.#access.write(() => {
      const { layout } = this.#access
      const timeMs = this.#access.nowMs()
      const known = [...layout.nodes.getRange()]
      const forgotten = known.filter(({ value }) => value.atMs <= timeMs - forgetAfterMs)
      for (const { key } of forgotten) void layout.nodes.remove(key)
      const others = known.filter(entry => entry.key !== word.node && !forgotten.includes(entry))
      if (others.length >= maxNodes)
        throw storeUnavailable(`there are ${maxNodes} nodes, and no more are taken`)
      void layout.nodes.put(word.node, { ...word, atMs: timeMs })
      const sequence = (layout.getMeta('beats') ?? 0) + 1
      layout.putMeta('beats', sequence)
      const reports = [...others.map(({ value }) => value.report), word.report]
      return { timeMs, epoch: this.#access.bootId() ?? '', sequence, reports }
    })
  }

  readDescriptions(): Promise<FleetDescriptions> {
    return this.#access.read(() => {
      const timeMs = this.#access.nowMs()
      const nodes = [...this.#access.layout.nodes.getRange()]
        .map(({ value: { node, atMs, description } }) => ({ node, atMs, description }))
        .filter(({ atMs }) => atMs > timeMs - forgetAfterMs)
      return { timeMs, nodes }
    })
  }

  async leave(node: string): Promise<void> {
    checkNode(node)
    await this.#access.write(() => void this.#access.layout.nodes.remove(node))
  }
}
