import { type ClockStatus, SourceError } from '../../clock/index.ts'
import { readClockBody, readTimeHeader, type ServerStamp } from '../../time/index.ts'
import type { HttpReply } from './connection.ts'

/** What a server says of its own clock. */
export interface ClockClaim {
  readonly status: ClockStatus
  /** `undefined` when it does not know. */
  readonly errorMs: number | undefined
}

/** What one reply says of the server's time. */
export interface TimedReply {
  readonly stamp: ServerStamp
  /** From `/clock` only. */
  readonly claim: ClockClaim | undefined
}

type Answer = Pick<HttpReply, 'status' | 'field' | 'body'>

const statuses: ReadonlyMap<unknown, ClockStatus> = new Map(
  (['synchronized', 'holdover', 'disrupted', 'unsynchronized'] as const).map(status => [status, status]),
)

/**
 * Finds the time in a reply: in the body of `/clock`, else in `X-Server-Time`, else in `Date`.
 *
 * @throws SourceError when there is none, or the reply was not made for this request
 */
export function readTimedReply(answer: Answer, url: URL): TimedReply {
  requireOwnAnswer(answer, url)
  requireUncached(answer, url)
  const body = readBody(answer)
  const stamp = readClockBody(body)
  if (stamp !== undefined) {
    const said = isObject(body) && 'status' in body ? body.status : undefined
    return { stamp, claim: { status: statuses.get(said) ?? 'unsynchronized', errorMs: stamp.errorMs } }
  }
  if (isObject(body) && 'receivedAtMs' in body)
    throw new SourceError('malformed', `the /clock of ${url.host} holds other than numbers of time`)
  const inHeader = readTimeHeader(name => answer.field(name) ?? null)
  if (inHeader === undefined) {
    throw new SourceError('unsupported', `${url.host} answers ${answer.status} and does not say the time`)
  }
  return { stamp: inHeader, claim: undefined }
}

/** Another address may be another server, and one that is overloaded or broken asks to be left alone. */
function requireOwnAnswer({ status, field }: Answer, { host }: URL): void {
  if (status >= 300 && status < 400) {
    throw new SourceError(
      'unsupported',
      `${host} redirects${target(field('location'))}; ask that address instead`,
    )
  }
  if (status !== 429 && status < 500) return
  const seconds = /^\d{1,5}$/.exec(field('retry-after') ?? '')?.[0]
  throw new SourceError(
    seconds === undefined ? 'unreachable' : 'kiss-of-death',
    `${host} answers ${status}`,
    {
      ...(seconds !== undefined && { retryAfterMs: Number(seconds) * 1000 }),
    },
  )
}

/** Without what may be secret in it, or what a terminal would obey. */
function target(location: string | undefined): string {
  if (location === undefined || !URL.canParse(location)) return ''
  const { origin, pathname } = new URL(location)
  return ` to ${origin.slice(0, 80)}${pathname.slice(0, 80)}`
}

/** RFC 9111, 5.1: an `Age`, whatever it says, is a cache's. RFC 9211; and what caches said before it. */
function requireUncached({ field }: Answer, { host }: URL): void {
  const isHit =
    field('age') !== undefined ||
    /;\s*hit\b/i.test(field('cache-status') ?? '') ||
    ['x-cache', 'cf-cache-status'].some(name => /^\s*hit\b/i.test(field(name) ?? ''))
  if (isHit) throw new SourceError('mismatched', `the answer of ${host} comes from a cache`)
}

function readBody({ status, field, body }: Answer): unknown {
  if (status !== 200 || body === undefined || !/\bjson\b/i.test(field('content-type') ?? '')) return undefined
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
