interface Entry<T> {
  readonly atMs: number
  readonly order: number
  readonly item: T
}

/** What is due first comes out first; of two that are due at one instant, the one that was added first. */
export class Agenda<T> {
  readonly #heap: Entry<T>[] = []
  #added = 0

  /** When the first is due; `Infinity` when there is none. */
  get nextAtMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY
  }

  add(atMs: number, item: T): void {
    const heap = this.#heap
    const entry = { atMs, order: this.#added, item }
    this.#added += 1
    let index = heap.length
    heap.push(entry)
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || isBefore(parent, entry)) break
      heap[index] = parent
      index = above
    }
    heap[index] = entry
  }

  take(): { readonly atMs: number; readonly item: T } | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      const isRight = left !== undefined && right !== undefined && isBefore(right, left)
      const child = isRight ? right : left
      if (child === undefined || isBefore(last, child)) break
      heap[index] = child
      index = 2 * index + (isRight ? 2 : 1)
    }
    heap[index] = last
    return first
  }
}

function isBefore(one: Entry<unknown>, other: Entry<unknown>): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order)
}

/** True time in a simulation, and what happens when. */
export class Timeline {
  readonly #agenda = new Agenda<() => void>()
  #nowMs: number

  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  get nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, action: () => void): void {
    this.#agenda.add(this.#nowMs + delayMs, action)
  }

  at(atMs: number, action: () => void): void {
    this.#agenda.add(Math.max(atMs, this.#nowMs), action)
  }

  /** Lets everything happen that is due before `untilMs`. */
  runUntil(untilMs: number): void {
    while (this.#agenda.nextAtMs < untilMs) {
      const next = this.#agenda.take()
      if (next === undefined) break
      this.#nowMs = next.atMs
      next.item()
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs)
  }
}
