import type { Happening as NodeHappening } from 'skewproof/fleet'

/** Something that happened in the fleet. */
export interface Happening {
  readonly id: string
  readonly atMs: number
  readonly kind: NodeHappening['kind'] | 'revocation' | 'rotation'
  /** To whom; null where the store does not tell who did it. */
  readonly node: string | null
  readonly text: string
  readonly byMs?: number
}

const kept = 100

/** What happened lately, oldest first. */
export class Journal {
  readonly #onEntry: (happening: Happening) => void
  #entries: readonly Happening[] = []

  /** @param onEntry told of each entry that is new */
  constructor(onEntry: (happening: Happening) => void = () => {}) {
    this.#onEntry = onEntry
  }

  /** Notes what is not known yet. */
  note(happening: Happening): void {
    if (this.#entries.some(({ id }) => id === happening.id)) return
    this.#entries = [...this.#entries, happening].slice(-kept)
    this.#onEntry(happening)
  }

  /** All after the one of this id; all that there are where it is not among them. */
  since(id: string | undefined): readonly Happening[] {
    const index = this.#entries.findIndex(entry => entry.id === id)
    return this.#entries.slice(index + 1)
  }
}
