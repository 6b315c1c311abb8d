import { computed, signal } from '@preact/signals'
import type { FleetStatus } from 'skewproof/fleet'
import { extentOf, reachFor } from '../picture/axis.ts'
import { applyNodes, type Happening, type NodesEvent } from '../wire/fleet.ts'
import { History } from './history.ts'
import { openStream } from './stream.ts'
import { pageMs } from './ticker.ts'
import { sumVerdicts, VerdictHistory } from './verdicts.ts'

/** `refused`: a login is needed. `lost`: it was live, or has never been, and is tried again. */
export type Connection = 'connecting' | 'live' | 'lost' | 'refused'

const maxHappenings = 200

/** Without news for so long, what is shown may not be so any more. */
const staleAfterMs = 5000

export const connection = signal<Connection>('connecting')
export const fleet = signal<FleetStatus | undefined>(undefined)
export const happenings = signal<readonly Happening[]>([])
/** How far the axis of the picture reaches. */
export const reachMs = signal(0)
export const verdicts = computed(() => sumVerdicts(fleet.value?.nodes ?? []))

/** When there was news last, on the page's own time. */
const newsAtMs = signal(0)

export const history = new History()
export const verdictHistory = new VerdictHistory()

/** For how long there has been no news. */
export const silentForMs = computed(() => Math.max(0, pageMs.value - newsAtMs.value))

export const isStale = computed(
  () => fleet.value !== undefined && (connection.value !== 'live' || silentForMs.value > staleAfterMs),
)

/** The fleet's time, now, to about a second. */
export const serverNowMs = computed(() =>
  fleet.value === undefined ? undefined : fleet.value.serverTimeMs + silentForMs.value,
)

function take(next: FleetStatus, atMs: number): void {
  newsAtMs.value = atMs
  connection.value = 'live'
  history.add(next.serverTimeMs, next.nodes)
  verdictHistory.add(next.serverTimeMs, sumVerdicts(next.nodes))
  reachMs.value = reachFor(extentOf(next.nodes), reachMs.value)
  fleet.value = next
}

/** Begins to listen, or begins anew: after a login. */
export function connect(): void {
  connection.value = 'connecting'
  openStream('v1/events', {
    fleet: (body: FleetStatus, atMs) => take(body, atMs),
    nodes: (body: NodesEvent, atMs) => {
      if (fleet.value !== undefined) take(applyNodes(fleet.value, body), atMs)
    },
    happening: (body: Happening) => {
      const others = happenings.value.filter(({ id }) => id !== body.id)
      happenings.value = [body, ...others].sort((a, b) => b.atMs - a.atMs).slice(0, maxHappenings)
    },
    lost: () => {
      if (connection.value !== 'refused') connection.value = 'lost'
    },
    refused: () => {
      connection.value = 'refused'
      // Whoever logs out leaves nothing behind on the screen.
      fleet.value = undefined
      happenings.value = []
    },
  })
}
