import type { Scenario, Span } from 'skewproof/simulator'
import { type LabFleet, type LabServer, newSecret } from './fleet.ts'
import { type Beginning, machineMs, sinceBeginning } from './instants.ts'
import type { Scope } from './scope.ts'

/** What was done to the machines: when it was planned, and between which instants it was done, ms from the beginning. */
export interface Happening extends Span {
  readonly plannedMs: number
}

/** Runs what a scenario does to its machines, at its time, from now on. What fails is told by `settled`. */
export class Events {
  readonly #scope: Scope
  readonly #beginning: Beginning
  readonly #running: Promise<Happening>[] = []

  constructor(scope: Scope, beginning: Beginning) {
    this.#scope = scope
    this.#beginning = beginning
  }

  readonly at = (ms: number, action: () => unknown): void => {
    const run = async () => {
      const fromMs = machineMs()
      await action()
      return { plannedMs: ms, ...sinceBeginning({ fromMs, toMs: machineMs() }, this.#beginning) }
    }
    const waitMs = this.#beginning.machineMs + ms - machineMs()
    const timer = setTimeout(() => this.#running.push(run()), Math.max(0, waitMs))
    this.#scope.onEnd(() => clearTimeout(timer))
  }

  /**
   * When everything really happened.
   *
   * @throws whatever an event threw
   */
  settled(): Promise<readonly Happening[]> {
    return Promise.all(this.#running)
  }
}

/** Begins the story. */
export async function beginEvents(
  scenario: Scenario,
  fleet: LabFleet,
  events: Events,
  beginning: Beginning,
): Promise<void> {
  const { at } = events
  for (const clock of [fleet.store.clock, fleet.issuerClock]) clock?.run(at)
  for (const server of fleet.servers) {
    server.clock.run(at)
    suspend(server, events)
    killDaemon(server, events)
    const { network } = fleet
    for (const { fromSeconds, toSeconds } of server.model.cutOff) {
      at(fromSeconds * 1000, () => network?.cut())
      at(toSeconds * 1000, () => network?.mend())
    }
  }
  for (const { fromSeconds, toSeconds } of scenario.store.outages) {
    const { textbook, auto } = fleet.store
    at(fromSeconds * 1000, () => Promise.all([textbook.kill(), auto.kill()]))
    at(toSeconds * 1000, () => Promise.all([textbook.start(), auto.start()]))
  }
  if (scenario.keyRotatesAtSeconds !== undefined) {
    const [first] = fleet.servers
    at(scenario.keyRotatesAtSeconds * 1000, () => fetch(urlOf(first, '/auto/rotate'), { method: 'POST' }))
  }
  await appointSecret(scenario, fleet, beginning)
}

/** Every server is told beforehand of the secret that comes next, and of the hour. */
async function appointSecret(
  { keyRotatesAtSeconds }: Scenario,
  { servers }: LabFleet,
  { trueMs }: Beginning,
): Promise<void> {
  if (keyRotatesAtSeconds === undefined) return
  const secret = newSecret('second', trueMs + keyRotatesAtSeconds * 1000)
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(secret),
  }
  await Promise.all(servers.map(server => fetch(urlOf(server, '/lab/secrets'), request)))
}

/** The process stops; when it goes on, its wall clock lacks what the scenario says. */
function suspend(server: LabServer, { at }: Events): void {
  for (const { atSeconds, forSeconds } of server.model.clock.suspends ?? []) {
    at(atSeconds * 1000, () => server.signal('SIGSTOP'))
    // The clock has been moved by then: it was planned first.
    at((atSeconds + forSeconds) * 1000, () => server.signal('SIGCONT'))
  }
}

function killDaemon({ model, chronyd }: LabServer, { at }: Events): void {
  const { diesAtSeconds } = model.ntp
  if (diesAtSeconds > 0 && Number.isFinite(diesAtSeconds))
    at(diesAtSeconds * 1000, () => void chronyd?.process.kill('SIGKILL'))
}

export function urlOf(server: LabServer | undefined, path: string): string {
  if (server === undefined) throw new RangeError('there are no servers')
  return `http://${server.address}:${server.port}${path}`
}
