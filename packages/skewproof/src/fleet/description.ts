import type { AskingClock, SourceStanding } from '../clock/source.ts'
import { maxDescriptionLength } from '../stores/fleet-store.ts'
import type { NodeIdentity } from './identity.ts'
import type { Readiness } from './readiness.ts'
import { isNumber, parseJson } from './report.ts'
import type { Happening, NodeDescription, NodeSource, ReadinessReason } from './status.ts'

/** What a node leaves for those who look at the fleet. */
export interface StoredDescription extends NodeDescription {
  /** Its wall clock minus the store's, and the bound. */
  readonly wall: { readonly offsetMs: number; readonly errorMs: number } | null
  /** The store's clock minus UTC by its own sources. */
  readonly own: { readonly offsetMs: number; readonly errorMs: number } | null
}

/** What a node knows of itself that its clock does not. */
export interface OwnFacts {
  readonly verdictsPerSecond?: Readonly<Record<string, number>>
  readonly happenings?: readonly Happening[]
  /** Why it takes no traffic besides its clock. */
  readonly reasons?: readonly ReadinessReason[]
}

export interface Self {
  readonly clock: AskingClock | undefined
  readonly readiness: Readiness
  /** By the clock that the readiness goes by. */
  readonly nowMs: number
  readonly startedAgoMs: number
  readonly wall: { readonly offsetMs: number; readonly errorMs: number } | undefined
  readonly own: { readonly offsetMs: number; readonly errorMs: number } | undefined
  readonly facts: OwnFacts
}

const outvotedReason: ReadinessReason = {
  code: 'clock-outvoted',
  text: 'most other nodes contradict what its own time sources say',
}

/** What a node says of itself. */
export function describeSelf(
  { host, role, version }: NodeIdentity,
  { clock, readiness, nowMs, startedAgoMs, wall, own, facts }: Self,
): StoredDescription {
  const { verdictsPerSecond = {}, happenings = [], reasons = [] } = facts
  const reading = clock?.now()
  return {
    host,
    role,
    version,
    startedAgoMs,
    clock: {
      status: reading?.status ?? 'unsynchronized',
      errorMs: finite(reading?.errorMs),
      wallOffsetMs: finite(clock?.wallOffsetMs),
    },
    ready: readiness.ready && reasons.length === 0,
    sinceMs: nowMs - readiness.sinceMs,
    reasons: [...(readiness.ready ? [] : [outvotedReason]), ...reasons],
    sources: (clock?.sources ?? []).map(({ name, status, offsetMs, errorMs }) => ({
      name,
      status,
      offsetMs: reading?.status === 'unsynchronized' ? null : finite(offsetMs),
      errorMs: finite(errorMs),
    })),
    verdictsPerSecond,
    happenings,
    wall: wall ?? null,
    own: own === undefined ? null : { offsetMs: own.offsetMs, errorMs: own.errorMs },
  }
}

const maxSources = 16
const maxVerdicts = 24
const maxHappenings = 5
const maxReasons = 4

const clockStatuses = ['synchronized', 'holdover', 'disrupted', 'agreement', 'unsynchronized'] as const
const standings: readonly SourceStanding[] = [
  'selected',
  'falseticker',
  'undecidable',
  'refused',
  'unreachable',
  'pending',
]

/** One line of ASCII, and no longer than a store takes: what does not fit is left out. */
export function encodeDescription(description: StoredDescription): string {
  const text = asciiJson({
    ...description,
    sources: description.sources.slice(0, maxSources),
    happenings: description.happenings.slice(-maxHappenings),
    verdictsPerSecond: Object.fromEntries(
      Object.entries(description.verdictsPerSecond).slice(0, maxVerdicts),
    ),
  })
  if (text.length <= maxDescriptionLength) return text
  return asciiJson({ ...description, sources: [], verdictsPerSecond: {}, happenings: [], reasons: [] })
}

/** What a node has left; `undefined` when it is no description. Whatever it holds, it is of the shape that it says it is. */
export function decodeDescription(text: string): StoredDescription | undefined {
  const value = objectOf(text.length <= maxDescriptionLength ? parseJson(text) : undefined)
  const clock = objectOf(value?.['clock'])
  if (value === undefined || clock === undefined) return undefined
  return {
    host: textOf(value['host'], 96),
    role: value['role'] === 'agent' ? 'agent' : 'service',
    version: textOf(value['version'], 32),
    startedAgoMs: spanOf(value['startedAgoMs']),
    clock: {
      status: clockStatuses.find(status => status === clock['status']) ?? 'unsynchronized',
      errorMs: errorOf(clock['errorMs']),
      wallOffsetMs: numberOf(clock['wallOffsetMs']),
    },
    ready: value['ready'] === true,
    sinceMs: spanOf(value['sinceMs']),
    reasons: listOf(value['reasons'], maxReasons).map(reasonOf),
    sources: listOf(value['sources'], maxSources).map(sourceOf),
    verdictsPerSecond: verdictsOf(value['verdictsPerSecond']),
    happenings: listOf(value['happenings'], maxHappenings).flatMap(happeningOf),
    wall: offsetOf(value['wall']),
    own: offsetOf(value['own']),
  }
}

type Fields = Readonly<Record<string, unknown>>

function asciiJson(value: unknown): string {
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(/[^ -~]/g, escaped)
}

function objectOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

function listOf(value: unknown, maxLength: number): readonly Fields[] {
  const items: readonly unknown[] = Array.isArray(value) ? value.slice(0, maxLength) : []
  return items.flatMap(item => {
    const fields = objectOf(item)
    return fields === undefined ? [] : [fields]
  })
}

function textOf(value: unknown, maxLength: number): string {
  return typeof value === 'string' ? value.slice(0, maxLength).replace(/\p{C}/gu, '?') : ''
}

function numberOf(value: unknown): number | null {
  return isNumber(value) ? value : null
}

function errorOf(value: unknown): number | null {
  const number = numberOf(value)
  return number !== null && number >= 0 ? number : null
}

function spanOf(value: unknown): number {
  return errorOf(value) ?? 0
}

function offsetOf(value: unknown): StoredDescription['wall'] {
  const fields = objectOf(value)
  const [offsetMs, errorMs] = [numberOf(fields?.['offsetMs']), errorOf(fields?.['errorMs'])]
  return offsetMs === null || errorMs === null ? null : { offsetMs, errorMs }
}

function reasonOf(value: Fields): ReadinessReason {
  return { code: textOf(value['code'], 64), text: textOf(value['text'], 300) }
}

function sourceOf(value: Fields): NodeSource {
  return {
    name: textOf(value['name'], 100),
    status: standings.find(standing => standing === value['status']) ?? 'pending',
    offsetMs: numberOf(value['offsetMs']),
    errorMs: errorOf(value['errorMs']),
  }
}

function verdictsOf(value: unknown): Readonly<Record<string, number>> {
  const entries = Object.entries(objectOf(value) ?? {}).slice(0, maxVerdicts)
  return Object.fromEntries(
    entries
      .filter(([name, rate]) => /^[A-Za-z_]{1,40}$/.test(name) && errorOf(rate) !== null)
      .map(([name, rate]) => [name, Number(rate)]),
  )
}

const happeningKinds = ['step', 'suspend', 'readiness'] as const

function happeningOf(value: Fields): Happening[] {
  const kind = happeningKinds.find(known => known === value['kind'])
  const atMs = numberOf(value['atMs'])
  if (kind === undefined || atMs === null) return []
  const byMs = numberOf(value['byMs'])
  return [{ id: textOf(value['id'], 160), atMs, kind, byMs, text: textOf(value['text'], 300) }]
}

/** JSON has no infinity. */
function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}
