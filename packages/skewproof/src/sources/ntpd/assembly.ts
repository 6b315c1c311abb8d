import { SourceError } from '../../clock/source.ts'
import type { Fragment } from './message.ts'

/** What is asked here takes a tenth of it: ntpd's claims must not make this process hold more. */
const maxBytes = 4096
const maxFragments = 32

/** Puts together the fragments of one answer, which may come in any order and more than once. */
export class Assembly {
  /** By their offset. */
  readonly #fragments = new Map<number, Fragment>()
  /** Known once the last fragment is there. */
  #totalBytes: number | undefined

  /**
   * Adds a fragment.
   *
   * @returns the whole answer when it is there
   * @throws SourceError when the fragment does not go together with those that are there; it is then left out
   */
  add(fragment: Fragment): Uint8Array | undefined {
    const { offset, data, hasMore } = fragment
    const end = offset + data.length
    if (end > maxBytes) throw malformed(`an answer of ${end} bytes or more`)
    if (hasMore && data.length === 0) throw malformed('a fragment without data')
    const known = this.#fragments.get(offset)
    if (known !== undefined) {
      if (isSame(known, fragment)) return undefined
      throw malformed('two fragments for one place')
    }
    const others = [...this.#fragments.values()]
    if (others.length === maxFragments) throw malformed('too many fragments')
    if (others.some(other => offset < other.offset + other.data.length && other.offset < end)) {
      throw malformed('fragments that overlap')
    }
    const lastEnd = Math.max(0, ...others.map(other => other.offset + other.data.length))
    const isBeyond = hasMore ? this.#totalBytes !== undefined && end >= this.#totalBytes : end < lastEnd
    if (isBeyond || (!hasMore && this.#totalBytes !== undefined)) throw malformed('a fragment beyond the end')
    this.#fragments.set(offset, fragment)
    if (!hasMore) this.#totalBytes = end
    return this.#whole()
  }

  #whole(): Uint8Array | undefined {
    const fragments = [...this.#fragments.values()]
    const bytes = fragments.reduce((sum, { data }) => sum + data.length, 0)
    // They do not overlap, so that as many bytes as there are in all leave no gap.
    if (bytes !== this.#totalBytes) return undefined
    const whole = new Uint8Array(bytes)
    for (const { offset, data } of fragments) whole.set(data, offset)
    return whole
  }
}

function isSame(one: Fragment, other: Fragment): boolean {
  return one.hasMore === other.hasMore && Buffer.compare(one.data, other.data) === 0
}

function malformed(what: string): SourceError {
  return new SourceError('malformed', what)
}
