import type { SimulatedHost } from './clock-model.ts'
import type { Random } from './random.ts'
import type { Period, ServerModel, StoreModel } from './scenario.ts'

/** More than drift between two beats. */
const smallestStepMs = 20

/** The shared store: a Redis, on a machine whose clock may be wrong as well. */
export class SimulatedStore {
  readonly host: SimulatedHost
  readonly #model: StoreModel
  readonly #random: Random
  readonly #secondsPassed: () => number
  readonly #now: () => number
  #latestMs = Number.NEGATIVE_INFINITY
  #lastOffsetMs: number

  constructor(
    model: StoreModel,
    host: SimulatedHost,
    random: Random,
    secondsPassed: () => number,
    now: () => number,
  ) {
    this.#model = model
    this.host = host
    this.#random = random
    this.#secondsPassed = secondsPassed
    this.#now = now
    this.#lastOffsetMs = host.wallMs() - now()
  }

  /** The clock that the lives of records are counted on: it never goes back, as the Redis store's does not. */
  ageClockMs(): number {
    this.#latestMs = Math.max(this.#latestMs, this.host.wallMs())
    return this.#latestMs
  }

  /** Whether its clock was set since this was asked last. */
  wasMoved(): boolean {
    const offsetMs = this.host.wallMs() - this.#now()
    const movedMs = Math.abs(offsetMs - this.#lastOffsetMs)
    this.#lastOffsetMs = offsetMs
    return movedMs > smallestStepMs
  }

  /** Whether a server can ask it now. */
  answers({ model }: { readonly model: ServerModel }): boolean {
    const nowSeconds = this.#secondsPassed()
    return !isWithin(this.#model.outages, nowSeconds) && !isWithin(model.cutOff, nowSeconds)
  }

  /** One time there and back: at least half of the mean, and sometimes much more. */
  roundTripMs(): number {
    const mean = this.#model.roundTripMs
    return mean / 2 + this.#random.exponential(mean / 2)
  }
}

/** Whether an instant lies in one of the periods. */
export function isWithin(periods: readonly Period[], seconds: number): boolean {
  return periods.some(({ fromSeconds, toSeconds }) => seconds >= fromSeconds && seconds < toSeconds)
}
