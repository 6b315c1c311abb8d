import type { Attributes, ObservableResult } from '@opentelemetry/api'

/** Counts what happens too often for a call of the SDK each time; it is asked for the sums when metrics are collected. */
export class Tally {
  readonly #counts = new Map<string, { readonly attributes: Attributes; count: number }>()

  /** @param key stands for the attributes, of which there must be few */
  add(key: string, attributes: () => Attributes, count = 1): void {
    const known = this.#counts.get(key)
    if (known === undefined) this.#counts.set(key, { attributes: attributes(), count })
    else known.count += count
  }

  readonly report = (result: ObservableResult): void => {
    for (const { attributes, count } of this.#counts.values()) result.observe(count, attributes)
  }
}
