import type { Random } from './random.ts'
import type { Scenario, TokenModel } from './scenario.ts'
import { Agenda } from './timeline.ts'

/** What a client does next; after `leave`, nothing more. */
export interface TrafficEvent {
  readonly kind: 'login' | 'use' | 'revoke' | 'leave'
  /** From the beginning. */
  readonly atMs: number
  /** Counts the logins: whose token it is. */
  readonly client: number
  readonly token: TokenModel
}

interface Visit {
  readonly client: number
  readonly token: TokenModel
  readonly untilMs: number
}

type Planned = TrafficEvent & Visit

/** The traffic of a scenario in the order of time; the lab plays the same. */
export function* trafficOf(
  { durationSeconds, tokens, traffic }: Pick<Scenario, 'durationSeconds' | 'tokens' | 'traffic'>,
  random: Random,
): Generator<TrafficEvent, void, void> {
  const endMs = durationSeconds * 1000
  const agenda = new Agenda<Planned>()
  const shares = tokens.reduce((sum, { share }) => sum + share, 0)

  function add(kind: TrafficEvent['kind'], atMs: number, { client, token, untilMs }: Visit): void {
    agenda.add(atMs, { kind, atMs, client, token, untilMs })
  }

  function addLogin(afterMs: number, client: number): void {
    const atMs = afterMs + random.exponential(1000 / traffic.loginsPerSecond)
    const token = pick(tokens, random.uniform() * shares)
    const untilMs = Math.min(endMs, atMs + traffic.presentedForSeconds * 1000)
    add('login', atMs, { client, token, untilMs })
  }

  addLogin(0, 0)
  for (;;) {
    const event = agenda.take()?.item
    if (event === undefined || event.atMs >= endMs) return
    yield event
    const { kind, atMs, client } = event
    if (kind === 'revoke' || kind === 'leave') continue
    if (kind === 'login') {
      addLogin(atMs, client + 1)
      add('leave', event.untilMs, event)
      if (random.uniform() < traffic.revokedShare) {
        const revokedAtMs = atMs + random.exponential(traffic.revokedAfterSeconds * 1000)
        if (revokedAtMs < event.untilMs)
          agenda.add(revokedAtMs, { ...event, kind: 'revoke', atMs: revokedAtMs })
      }
    }
    const gapMs = kind === 'login' ? firstUseAfterMs : random.exponential(traffic.secondsBetweenUses * 1000)
    const nextAtMs = atMs + gapMs
    if (nextAtMs < event.untilMs) add('use', nextAtMs, event)
  }
}

/** A page that has just logged in asks for something at once. */
const firstUseAfterMs = 50

function pick(tokens: readonly TokenModel[], at: number): TokenModel {
  let sum = 0
  for (const token of tokens) {
    sum += token.share
    if (at < sum) return token
  }
  const [first] = tokens
  if (first === undefined) throw new RangeError('there are no tokens to log in with')
  return first
}
