import type { FleetNode } from 'skewproof/fleet'

/** One moment each second, for twenty minutes. */
const capacity = 1200
const minGapMs = 900

/** What was seen of each clock since the page was opened, in little memory: a thousand clocks take some fifteen megabytes. */
export class History {
  readonly #times = new Float64Array(capacity)
  readonly #lines = new Map<string, Line>()
  #moments = 0

  /** Notes a moment; those that come faster than once a second take the place of the one before. */
  add(atMs: number, nodes: readonly FleetNode[]): void {
    const lastMs = this.#times[(this.#moments - 1) % capacity]
    const isSame = this.#moments > 0 && lastMs !== undefined && atMs - lastMs < minGapMs
    if (!isSame) this.#moments += 1
    const place = (this.#moments - 1) % capacity
    if (!isSame) this.#times[place] = atMs
    for (const line of this.#lines.values()) line.forget(place)
    for (const node of nodes) {
      let line = this.#lines.get(node.node)
      if (line === undefined) {
        line = new Line()
        this.#lines.set(node.node, line)
      }
      line.note(place, node)
    }
    const isKnown = new Set(nodes.map(({ node }) => node))
    for (const [name, line] of this.#lines) {
      if (!isKnown.has(name) && line.isEmpty()) this.#lines.delete(name)
    }
  }

  /** The moments and what a node's clocks were then, the oldest first. */
  of(node: string): Course {
    const line = this.#lines.get(node)
    const count = Math.min(this.#moments, capacity)
    const course: Course = { seconds: [], offsetMs: [], lowMs: [], highMs: [], ownMs: [] }
    for (let moment = this.#moments - count; moment < this.#moments; moment += 1) {
      const place = moment % capacity
      const offsetMs = known(line?.offsets[place])
      const errorMs = known(line?.errors[place]) ?? 0
      course.seconds.push((this.#times[place] ?? 0) / 1000)
      course.offsetMs.push(offsetMs)
      course.lowMs.push(offsetMs === null ? null : offsetMs - errorMs)
      course.highMs.push(offsetMs === null ? null : offsetMs + errorMs)
      course.ownMs.push(known(line?.own[place]))
    }
    return course
  }
}

/** Columns, as a plot takes them. */
export interface Course {
  readonly seconds: number[]
  readonly offsetMs: (number | null)[]
  readonly lowMs: (number | null)[]
  readonly highMs: (number | null)[]
  readonly ownMs: (number | null)[]
}

class Line {
  readonly offsets: Float32Array = new Float32Array(capacity).fill(Number.NaN)
  readonly errors: Float32Array = new Float32Array(capacity).fill(Number.NaN)
  readonly own: Float32Array = new Float32Array(capacity).fill(Number.NaN)

  note(place: number, { offsetMs, errorMs, ownOffsetMs }: FleetNode): void {
    this.offsets[place] = offsetMs ?? Number.NaN
    this.errors[place] = errorMs ?? Number.NaN
    this.own[place] = ownOffsetMs ?? Number.NaN
  }

  forget(place: number): void {
    this.offsets[place] = this.errors[place] = this.own[place] = Number.NaN
  }

  isEmpty(): boolean {
    return this.offsets.every(Number.isNaN)
  }
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value
}
