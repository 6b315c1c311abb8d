import { type PolicyName, type PolicyResult, type Span, Tally, type TokenModel } from 'skewproof/simulator'
import type { Reply } from './requests.ts'
import { type Estimate, estimateShare, quantile, type TokenCount } from './statistics.ts'

/** Whose token it is: what is only signed, what is recorded too, and Skewproof's. */
export type Family = 'plain' | 'textbook' | 'auto'

/** A token that somebody holds, and what is known of its end. */
export interface HeldToken {
  readonly family: Family
  readonly model: TokenModel
  readonly server: string
  readonly token: string
  readonly jti: string
  readonly issued: Span
  readonly diesAtEarliestMs: number
  readonly diesAtLatestMs: number
  /** When its revocation was asked for, when the server took that up, and when it was acknowledged. */
  revokeAskedAtMs: number
  revokeBegunAtMs: number
  revokedAtMs: number
}

/** What the lab saw of one policy. */
export interface PolicyObservation extends PolicyResult {
  /** Shares with their confidence intervals. */
  readonly freshRefused: Estimate
  readonly expiredAccepted: Estimate
  readonly revokedAccepted: Estimate
  /** Answers about tokens that died, or were revoked, while they were asked about: they prove nothing. */
  readonly doubtful: number
  readonly latencyMs: { readonly median: number; readonly p99: number }
  /** What refusals of fresh tokens said, and how often. */
  readonly messages: readonly { readonly text: string; readonly count: number }[]
  /** Names that refusals gave to whoever is wrong. */
  readonly blamed: readonly string[]
}

/** How late a token may be accepted where a policy claims a bound and states none with its answer, ms. */
const unstatedBoundMs = 50

/** An answer about a token of which it is known whether it should have been accepted. */
export interface RecordedAnswer {
  readonly policy: PolicyName
  readonly kind: Kind
  readonly token: HeldToken
  readonly server: string
  readonly judged: Span
  readonly isAccepted: boolean
  /** How far off the decision may be, as it says itself. */
  readonly boundMs: number
}

export type Kind = 'fresh' | 'expired' | 'revoked'

/** Counts what becomes of the requests under one policy; whatever might be either way is left out. */
export class Outcomes {
  readonly #name: PolicyName
  readonly #tally: Tally
  readonly #latencies: number[] = []
  readonly #messages = new Map<string, number>()
  readonly #blamed = new Set<string>()
  readonly #counts: Record<Kind, Map<HeldToken, TokenCount>> = {
    fresh: new Map(),
    expired: new Map(),
    revoked: new Map(),
  }
  #doubtful = 0
  readonly answers: RecordedAnswer[] = []

  constructor(name: PolicyName) {
    this.#name = name
    this.#tally = new Tally(name)
  }

  add(reply: Reply, token: HeldToken): void {
    const { status, server = '', judged, boundMs } = reply
    this.#latencies.push(reply.receivedAtMs - reply.sentAtMs)
    if (status !== 200 && status !== 401) {
      this.#tally.add({ outcome: 'unavailable', boundMs: 0 }, 0, 0)
      return
    }
    const kind = kindOf(judged, token)
    if (kind === undefined) {
      this.#doubtful += 1
      return
    }
    const isAccepted = status === 200
    const deadForMs = kind === 'expired' ? judged.fromMs - token.diesAtLatestMs : Number.NEGATIVE_INFINITY
    const revokedForMs = kind === 'revoked' ? judged.fromMs - token.revokedAtMs : Number.NEGATIVE_INFINITY
    const ownBoundMs = this.#name === 'auto' ? (boundMs ?? unstatedBoundMs) : 0
    this.#tally.add(
      { outcome: isAccepted ? 'accepted' : 'refused', boundMs: ownBoundMs },
      deadForMs,
      revokedForMs,
    )
    const statedBoundMs = this.#name === 'auto' ? (boundMs ?? 0) : 0
    this.answers.push({ policy: this.#name, kind, token, server, judged, isAccepted, boundMs: statedBoundMs })
    this.#count(kind, token, kind === 'fresh' ? !isAccepted : isAccepted)
    if (kind === 'fresh' && !isAccepted) this.#note(reply.body)
  }

  observation(): PolicyObservation {
    return {
      ...this.#tally.result(),
      freshRefused: estimateShare([...this.#counts.fresh.values()]),
      expiredAccepted: estimateShare([...this.#counts.expired.values()]),
      revokedAccepted: estimateShare([...this.#counts.revoked.values()]),
      doubtful: this.#doubtful,
      latencyMs: { median: quantile(this.#latencies, 0.5), p99: quantile(this.#latencies, 0.99) },
      messages: [...this.#messages]
        .map(([text, count]) => ({ text, count }))
        .toSorted((a, b) => b.count - a.count)
        .slice(0, 3),
      blamed: [...this.#blamed],
    }
  }

  #count(kind: Kind, token: HeldToken, isHit: boolean): void {
    const counts = this.#counts[kind]
    const { hits, total } = counts.get(token) ?? { hits: 0, total: 0 }
    counts.set(token, { hits: hits + (isHit ? 1 : 0), total: total + 1 })
  }

  #note(body: unknown): void {
    const { error, detail, error_description, code, culprit } = (body ?? {}) as Record<string, unknown>
    const text = String(detail ?? error_description ?? error ?? 'refused without a word')
    const said = typeof code === 'string' ? `${code}: ${text}` : text
    // What differs is by how much.
    const general = said.replace(/\d+(?:\.\d+)? ?(?:ms|min|s|m|h)\b(?: \d+(?:\.\d+)? ?(?:s|min))?/g, '…')
    this.#messages.set(general, (this.#messages.get(general) ?? 0) + 1)
    if (culprit === 'issuer' || culprit === 'verifier') this.#blamed.add(culprit)
  }
}

/** `undefined`: it died, or was revoked, on the way, or may have been. */
function kindOf({ fromMs, toMs }: Span, token: HeldToken): Kind | undefined {
  if (fromMs >= token.diesAtLatestMs) return 'expired'
  if (toMs >= token.diesAtEarliestMs) return undefined
  if (fromMs >= token.revokedAtMs) return 'revoked'
  return toMs < token.revokeAskedAtMs ? 'fresh' : undefined
}
