import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { SourceError } from '../../clock/source.ts'
import { abortable } from './abortable.ts'

/** All addresses of a name, as `dns.lookup` gives them. */
export type Lookup = (host: string) => Promise<readonly string[]>

const lookupAll: Lookup = async host => (await lookup(host, { all: true })).map(({ address }) => address)

/** The address of a host: kept while it answers, looked up again when it does not, the next one then. */
export class Addresses {
  readonly #host: string
  readonly #lookup: Lookup
  #current: string | undefined
  #failed = 0

  constructor(host: string, lookup: Lookup = lookupAll) {
    this.#host = host
    this.#lookup = lookup
  }

  /** @throws SourceError when the name has no address, or what `signal` was aborted with */
  async current(signal: AbortSignal): Promise<string> {
    if (isIP(this.#host) !== 0) return this.#host
    this.#current ??= await this.#resolve(signal)
    return this.#current
  }

  /** The current address does not answer. */
  giveUp(): void {
    this.#current = undefined
    this.#failed += 1
  }

  async #resolve(signal: AbortSignal): Promise<string> {
    const found = await abortable(this.#lookup(this.#host), signal).catch((cause: unknown) => {
      if (signal.aborted) throw cause
      throw new SourceError('unreachable', `the name ${this.#host} could not be resolved`, { cause })
    })
    const address = found[this.#failed % found.length]
    if (address === undefined) throw new SourceError('unreachable', `the name ${this.#host} has no address`)
    return address
  }
}
