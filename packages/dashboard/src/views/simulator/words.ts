import type { PolicyName } from 'skewproof/simulator'
import { describeOffset, formatAge, formatSpan } from '../../text/measure.ts'
import type { Severity } from '../../wire/condition.ts'
import type { Effect } from './effects.ts'
import { type Settings, type WrongClock, wrongClocks } from './settings.ts'

/** `13 %`, `7.1 %`; `none` where there was nothing at all. */
export function formatShare(share: number): string {
  if (share === 0) return 'none'
  const percent = share * 100
  if (percent < 0.1) return '< 0.1 %'
  return `${percent < 9.95 ? percent.toFixed(1) : Math.round(percent)} %`
}

/** Less than this is no more than the rounding of whole seconds, or a bound of some milliseconds. */
const noticeableLateMs = 1000

/** How long expired tokens are accepted. */
export function formatLate(ms: number): string {
  return ms < noticeableLateMs ? formatSpan(ms) : formatAge(ms)
}

/** What a policy's users, and those who should be none, notice. */
export function whatUsersNotice({ refusedShare, maxLateMs, revokedShare }: Effect): string {
  const areExpiredAccepted = maxLateMs >= noticeableLateMs
  const areRevokedAccepted = revokedShare > 0
  const noticed = [
    ...(refusedShare > 0 ? ['logged out for nothing'] : []),
    ...(areExpiredAccepted && areRevokedAccepted ? ['dead tokens work'] : []),
    ...(areExpiredAccepted && !areRevokedAccepted ? ['expired tokens work'] : []),
    ...(areRevokedAccepted && !areExpiredAccepted ? ['revoked tokens work'] : []),
  ]
  if (noticed.length === 0) return 'Nothing: good tokens work, dead ones do not.'
  const sentence = `${noticed.join('; ')}.`
  return sentence[0]?.toUpperCase() + sentence.slice(1)
}

export interface Sentence {
  readonly severity: Severity
  readonly text: string
}

/** Who is wrong, by how much, and whom it hurts under which policy. */
export function sentenceFor(settings: Settings, effects: readonly Effect[]): Sentence {
  const wrong = wrongClocks(settings)
  const harm = describeHarm(effects)
  if (harm !== undefined) {
    const cause = wrong.length > 0 ? nameAll(wrong) : 'All clocks are right again, but not all tokens'
    return { severity: 'bad', text: `${capital(cause)}: ${harm}.` }
  }
  const severity = wrong.length > 0 ? 'warning' : 'good'
  return { severity, text: `${capital(describeCalm(settings, wrong))}: no policy refuses a good token.` }
}

function describeHarm(effects: readonly Effect[]): string | undefined {
  const skewproof = effects.find(({ name }) => name === 'auto')
  const [worst] = effects.filter(effect => effect !== skewproof).toSorted(byRefusals)
  if (worst !== undefined && Math.max(worst.refusedShare, skewproof?.refusedShare ?? 0) > 0) {
    const blame = skewproof?.doesBlameIssuer === true ? ', and blames the issuer’s clock' : ''
    const ours = skewproof === undefined ? '' : `, Skewproof ${formatShare(skewproof.refusedShare)}${blame}`
    return `${plainNames[worst.name]} refuses ${formatShare(worst.refusedShare)} of good requests${ours}`
  }
  const late = effects.find(({ name }) => name === 'jsonwebtoken')
  return late !== undefined && late.maxLateMs >= noticeableLateMs
    ? `jsonwebtoken accepts expired tokens for ${formatLate(late.maxLateMs)}`
    : undefined
}

function byRefusals(a: Effect, b: Effect): number {
  return b.refusedShare - a.refusedShare
}

function describeCalm({ servers }: Settings, wrong: readonly WrongClock[]): string {
  if (wrong.length > 0) return nameAll(wrong)
  const without = servers.filter(({ daemon }) => daemon === 'dead').length
  return without === 0
    ? 'All clocks are right'
    : `All clocks are right, without the time daemons of ${without} of ${servers.length} servers`
}

function nameAll(wrong: readonly WrongClock[]): string {
  const [first, second, ...others] = wrong.map(
    ({ name, offsetMs }) => `${name} is ${describeOffset(offsetMs)}`,
  )
  if (second === undefined) return first ?? ''
  if (others.length === 0) return `${first}, ${second}`
  return `${first}, ${second}, ${others.length} more ${others.length === 1 ? 'clock is' : 'clocks are'} wrong`
}

function capital(text: string): string {
  // Names of servers are as they are.
  return text.replace(/^the /, 'The ')
}

/** As in a sentence. */
const plainNames: Readonly<Record<PolicyName, string>> = {
  jsonwebtoken: 'jsonwebtoken',
  'jsonwebtoken-30s': 'jsonwebtoken with 30 s',
  'jsonwebtoken-60s': 'jsonwebtoken with 60 s',
  jose: 'jose',
  'jose-max-age': 'jose with maxTokenAge',
  textbook: 'jsonwebtoken with Redis',
  static: 'Skewproof without sources',
  auto: 'Skewproof',
}
