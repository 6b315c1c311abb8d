import type { Emitter, TokenServiceEvents } from 'skewproof'

type Names = keyof TokenServiceEvents

/** A service that nobody comes to measure must not fill the memory. */
const maxKept = 10_000

/**
 * The events of a token service, kept until somebody listens: what counts them is loaded when the service listens, and until it is there requests
 * are served already.
 */
export class EarlyEvents implements Emitter<TokenServiceEvents> {
  readonly #tokens: Emitter<TokenServiceEvents>
  readonly #kept: { [Name in Names]: Kept<TokenServiceEvents[Name]> } = {
    verification: new Kept(),
    issuance: new Kept(),
    revocation: new Kept(),
  }

  constructor(tokens: Emitter<TokenServiceEvents>) {
    this.#tokens = tokens
    tokens.on('verification', this.#kept.verification.keep)
    tokens.on('issuance', this.#kept.issuance.keep)
    tokens.on('revocation', this.#kept.revocation.keep)
  }

  on<Name extends Names>(name: Name, listener: (event: TokenServiceEvents[Name]) => void): void {
    const kept = this.#kept[name]
    this.#tokens.off(name, kept.keep)
    for (const event of kept.events.splice(0)) listener(event)
    this.#tokens.on(name, listener)
  }

  off<Name extends Names>(name: Name, listener: (event: TokenServiceEvents[Name]) => void): void {
    this.#tokens.off(name, listener)
  }
}

class Kept<Event> {
  readonly events: Event[] = []

  readonly keep = (event: Event): void => {
    if (this.events.length < maxKept) this.events.push(event)
  }
}
