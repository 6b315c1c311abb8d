import type { Clock, ClockReading } from '../clock/clock.ts'

interface Arrival {
  readonly clock: Clock
  readonly reading: ClockReading
}

const arrivals = new WeakMap<object, Arrival>()

/** Notes when a request arrived, for `/clock`: the earlier it is noted, the less of the way is taken for the network's. */
export function noteArrival(request: object, clock: Clock): void {
  if (arrivals.get(request)?.clock !== clock) arrivals.set(request, { clock, reading: clock.now() })
}

/** When the request arrived, by this clock: as noted, else now. */
export function arrivalOf(request: object, clock: Clock): ClockReading {
  const arrival = arrivals.get(request)
  return arrival?.clock === clock ? arrival.reading : clock.now()
}
