import type { ClockStatus } from 'skewproof'
import { readTimeHeader } from 'skewproof/time'
import { type Check, fail, pass, skip, warn } from './check.ts'
import { judgeOffset, type Offset } from './offset.ts'

/** What the service answered, or why it did not. */
export type ServiceFacts = UnreachableService | ReachedService

export interface UnreachableService {
  readonly url: string
  readonly failure: string
}

export interface ReachedService {
  readonly url: string
  readonly failure?: undefined
  /** `X-Server-Time`, as sent. */
  readonly serverTime: string | undefined
  readonly health: HealthAnswer
  /** Its clock minus ours, from the best that it sends; or why that cannot be told. */
  readonly offset: Offset | string
  /** `undefined` when no credentials were given. */
  readonly token: TokenAnswer | undefined
}

export interface HealthAnswer {
  readonly httpStatus: number
  /** `undefined` when the body is not that of a health endpoint. */
  readonly status: string | undefined
  readonly clock: string | undefined
}

export interface TokenAnswer {
  /** `undefined` when there was no answer. */
  readonly httpStatus: number | undefined
  readonly expiresIn: unknown
}

const clockMeanings: Readonly<Record<ClockStatus, string>> = {
  synchronized: 'its clock is synchronized',
  holdover: 'its clock is in holdover: its sources have not agreed for a while',
  disrupted: 'its clock was set, or its machine was suspended, and it has not measured since',
  agreement:
    "nobody in its fleet knows UTC: its clock is the fleet's, whose bound is not known, and it tolerates 30s",
  unsynchronized: 'its clock is unsynchronized: it knows no bound, and tolerates 30s',
}

export function judgeService(facts: ServiceFacts): readonly Check[] {
  if (facts.failure !== undefined) {
    const fix = 'Is it running? Give another address with --url.'
    return [fail('service.reachable', `${facts.url} does not answer: ${facts.failure}`, fix)]
  }
  return [
    pass('service.reachable', `${facts.url} answers`),
    judgeHealth(facts.health),
    judgeServerTime(facts.serverTime),
    judgeClock(facts.health),
    judgeServiceOffset(facts.offset),
    judgeToken(facts.token),
  ]
}

function judgeHealth({ httpStatus, status }: HealthAnswer): Check {
  const id = 'service.health'
  if (httpStatus === 200 && status === 'ok') return pass(id, '/health says that it works')
  if (httpStatus === 404) {
    return fail(id, 'it has no /health', 'Is it Skewproof that answers there? Otherwise answer GET /health.')
  }
  if (status === undefined) {
    return fail(id, `/health answers ${httpStatus}, and not as Skewproof does`, 'Is it the right address?')
  }
  return fail(id, `/health answers ${httpStatus} with status '${status}'`, 'Look at its log.')
}

function judgeServerTime(serverTime: string | undefined): Check {
  const id = 'service.server-time'
  const fix =
    'Send X-Server-Time, ISO 8601 with milliseconds, with every answer; a proxy must let it through.'
  if (serverTime === undefined) return fail(id, 'it sends no X-Server-Time', fix)
  if (!isServerTime(serverTime)) {
    return fail(id, `it sends an X-Server-Time that is no ISO 8601 in UTC: '${serverTime.slice(0, 40)}'`, fix)
  }
  return pass(id, 'it sends X-Server-Time')
}

function judgeClock({ clock }: HealthAnswer): Check {
  const id = 'service.clock'
  if (clock === undefined) return skip(id, '/health says nothing of its clock')
  if (clock === 'synchronized') return pass(id, clockMeanings[clock])
  const meaning = isClockStatus(clock) ? clockMeanings[clock] : `its clock is '${clock.slice(0, 40)}'`
  return warn(id, meaning, 'Give it time sources that can be reached (serve --source).')
}

function isClockStatus(status: string): status is ClockStatus {
  return Object.hasOwn(clockMeanings, status)
}

function judgeServiceOffset(offset: Offset | string): Check {
  const id = 'service.offset'
  if (typeof offset === 'string') return skip(id, `its offset cannot be told: ${offset}`)
  const fix = 'One of the two clocks is wrong: run "skewproof doctor" on both hosts.'
  return judgeOffset(id, offset, size => `its clock is ${size} ours`, fix)
}

function judgeToken(token: TokenAnswer | undefined): Check {
  const id = 'service.expires-in'
  if (token === undefined) {
    return skip(id, 'whether it answers with expires_in is not asked', 'Give credentials with --credentials.')
  }
  const { httpStatus, expiresIn } = token
  if (httpStatus === undefined)
    return fail(id, 'it does not answer a request for a token', 'Look at its log.')
  if (httpStatus === 401) {
    return fail(id, 'it does not accept the credentials', 'Give others with --credentials.')
  }
  if (httpStatus !== 200) {
    return fail(id, `a request for a token was answered with ${httpStatus}`, 'Look at its log.')
  }
  if (typeof expiresIn === 'number' && expiresIn > 0) {
    return pass(id, `a token comes with expires_in (${expiresIn}s)`)
  }
  return fail(
    id,
    'a token comes without expires_in',
    'Say how long it lives in seconds (RFC 6749, 5.1): an instant would be judged by the wrong clock.',
  )
}

/** ISO 8601 in UTC, as `X-Server-Time` carries it. */
function isServerTime(text: string): boolean {
  const stamp = readTimeHeader(name => (name === 'x-server-time' ? text : null))
  return stamp?.method === 'server-time'
}
