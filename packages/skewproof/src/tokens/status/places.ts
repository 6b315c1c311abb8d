import { randomBytes } from 'node:crypto'
import type { HostClock } from '../../clock/host.ts'
import { storeUnavailable } from '../errors.ts'
import type { StatusPlace, TokenStore } from '../store.ts'
import { type Block, claimBlock, closesAtMs, formatLists, parseLists, statusListsDocument } from './lists.ts'
import { newSeed, shuffledIndices } from './order.ts'

const hourMs = 3_600_000
const maxAttempts = 1000

export interface StatusPlacesOptions {
  readonly store: TokenStore
  readonly host: HostClock
  /** How many tokens a list has room for. */
  readonly size: number
  /** No token lives longer. */
  readonly maxLifetimeMs: number
}

interface OpenBlock {
  readonly list: string
  readonly indices: Uint32Array
  next: number
  /** Until then it may be used, by the machine's uptime: a suspend counts. */
  readonly closesAtUptimeMs: number
}

/**
 * Gives each token a place on a status list that no other token has. Tokens of similar lifetimes share a list, so that it
 * can be forgotten soon after the first of them; the places are given away in random order, so that they do not tell which
 * token is the older.
 *
 * A process claims places in blocks, by compare-and-swap of one document of the store, and gives them away by itself.
 */
export class StatusPlaces {
  readonly #options: StatusPlacesOptions
  readonly #spansMs: readonly number[]
  readonly #blocks = new Map<number, OpenBlock>()
  readonly #claims = new Map<number, Promise<void>>()

  constructor(options: StatusPlacesOptions) {
    this.#options = options
    const { maxLifetimeMs } = options
    this.#spansMs = [...[hourMs, 24 * hourMs].filter(spanMs => spanMs < maxLifetimeMs), maxLifetimeMs]
  }

  /** @throws TokenError `ERR_STORE_UNAVAILABLE` */
  async take(lifetimeMs: number): Promise<StatusPlace> {
    const spanMs = this.#spansMs.find(span => lifetimeMs <= span) ?? this.#options.maxLifetimeMs
    for (;;) {
      const place = this.#takeFromBlock(spanMs)
      if (place !== undefined) return place
      await this.#claimOnce(spanMs)
    }
  }

  /** Gives no more places of the blocks that this process has: somebody else gives them away too. */
  forget(): void {
    this.#blocks.clear()
  }

  #takeFromBlock(spanMs: number): StatusPlace | undefined {
    const block = this.#blocks.get(spanMs)
    if (block === undefined || this.#options.host.uptimeMs() >= block.closesAtUptimeMs) return undefined
    const index = block.indices[block.next]
    if (index === undefined) return undefined
    block.next += 1
    return { list: block.list, index }
  }

  /** All who wait for a block share one claim. */
  #claimOnce(spanMs: number): Promise<void> {
    const claiming =
      this.#claims.get(spanMs) ?? this.#claim(spanMs).finally(() => this.#claims.delete(spanMs))
    this.#claims.set(spanMs, claiming)
    return claiming
  }

  async #claim(spanMs: number): Promise<void> {
    const { store, host, size } = this.#options
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const uptimeMs = host.uptimeMs()
      const { version, value, readAtMs } = await store.readDocument(statusListsDocument)
      const { lists, block } = claimBlock(parseLists(value), spanMs, readAtMs, () => ({
        id: randomBytes(9).toString('base64url'),
        size,
        seed: newSeed(),
      }))
      if (await store.writeDocument(statusListsDocument, formatLists(lists), version)) {
        this.#blocks.set(spanMs, openBlock(block, uptimeMs + closesAtMs(block.list) - readAtMs))
        return
      }
    }
    throw storeUnavailable('others always claim places on the status lists first')
  }
}

function openBlock({ list, from, to }: Block, closesAtUptimeMs: number): OpenBlock {
  const indices = shuffledIndices(list.seed, list.size).slice(from, to)
  return { list: list.id, indices, next: 0, closesAtUptimeMs }
}
