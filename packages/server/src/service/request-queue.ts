/** Requests begun in one turn of the event loop: about half a millisecond's work. */
const perTurn = 8
/** Some 20 MB. Beyond it requests are begun at once, so that a client that pipelines is slowed down by what it sends. */
const mostWaiting = 8192

/**
 * Keeps each turn of the event loop short when requests come faster than they are answered: those beyond a few wait here,
 * first come first served, rather than in the turn. A worker is handed one connection in a turn, and proves in a turn that
 * it has missed no revocation: with a thousand requests in each, connections would wait for seconds, and the proof grow old.
 */
export class RequestQueue {
  readonly #nextTurn: (begin: () => void) => void
  readonly #waiting: (() => void)[] = []
  #left = perTurn
  #isTurnAwaited = false

  constructor(nextTurn: (begin: () => void) => void = setImmediate) {
    this.#nextTurn = nextTurn
  }

  /** Begins the request now, or in one of the next turns. */
  admit(begin: () => void): void {
    this.#awaitTurn()
    if (this.#left > 0 || this.#waiting.length >= mostWaiting) {
      this.#left -= 1
      begin()
    } else this.#waiting.push(begin)
  }

  #awaitTurn(): void {
    if (this.#isTurnAwaited) return
    this.#isTurnAwaited = true
    this.#nextTurn(this.#beginTurn)
  }

  readonly #beginTurn = (): void => {
    this.#isTurnAwaited = false
    const due = this.#waiting.splice(0, perTurn)
    this.#left = perTurn - due.length
    if (due.length > 0) this.#awaitTurn()
    for (const begin of due) begin()
  }
}
