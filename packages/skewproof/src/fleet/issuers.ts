import { type ClockReading, isReliable } from '../clock/clock.ts'
import type { IssuerSkew } from './status.ts'

/** What was seen of a token. Its signature is good: otherwise it says nothing of the issuer. */
export interface SeenToken {
  readonly issuer: string
  /** Its `iat`, seconds. */
  readonly issuedAtSeconds: number
  /** The reading of whoever verified it. */
  readonly clock: ClockReading
}

interface Issuer {
  tokens: number
  /** Of this span of time and of the one before it: the most that a token's `iat` was surely ahead. */
  aheadMs: number
  aheadBeforeMs: number
  spanEndsMs: number
  lastSeenMs: number
}

/** How many issuers are remembered: those seen last. */
const maxIssuers = 64
/** An issuer that was put right is no longer named after twice so long. */
const spanMs = 300_000
const maxIssuerLength = 200

/**
 * How far ahead the clocks of issuers are, learned from traffic. A token was issued before it arrived, so an `iat` beyond the
 * latest that true time can be is a lower bound of how far the issuer's clock is ahead; `iat` is rounded down to a second.
 * A clock that is behind does not show: the token may have been on its way for as long.
 */
export class IssuerWatch {
  readonly #issuers = new Map<string, Issuer>()

  note({ issuer, issuedAtSeconds, clock }: SeenToken): void {
    if (!isReliable(clock) || issuer.length > maxIssuerLength || !Number.isFinite(issuedAtSeconds)) return
    const nowMs = clock.timeMs
    const known = this.#issuers.get(issuer) ?? {
      tokens: 0,
      aheadMs: Number.NEGATIVE_INFINITY,
      aheadBeforeMs: Number.NEGATIVE_INFINITY,
      spanEndsMs: nowMs + spanMs,
      lastSeenMs: nowMs,
    }
    endSpans(known, nowMs)
    known.tokens += 1
    known.lastSeenMs = nowMs
    known.aheadMs = Math.max(known.aheadMs, issuedAtSeconds * 1000 - (nowMs + clock.errorMs))
    // The one seen last is the last of the map.
    this.#issuers.delete(issuer)
    this.#issuers.set(issuer, known)
    const [oldest] = this.#issuers.keys()
    if (this.#issuers.size > maxIssuers && oldest !== undefined) this.#issuers.delete(oldest)
  }

  /** Those whose clocks are furthest ahead first. */
  report(nowMs: number): readonly IssuerSkew[] {
    return [...this.#issuers]
      .map(([issuer, known]) => {
        endSpans(known, nowMs)
        const aheadMs = Math.max(known.aheadMs, known.aheadBeforeMs)
        return {
          issuer,
          aheadMs: aheadMs > 0 ? aheadMs : null,
          tokens: known.tokens,
          lastSeenAgoMs: Math.max(0, nowMs - known.lastSeenMs),
        }
      })
      .toSorted((one, other) => (other.aheadMs ?? 0) - (one.aheadMs ?? 0))
  }
}

function endSpans(issuer: Issuer, nowMs: number): void {
  if (nowMs < issuer.spanEndsMs) return
  const isLongAgo = nowMs >= issuer.spanEndsMs + spanMs
  issuer.aheadBeforeMs = isLongAgo ? Number.NEGATIVE_INFINITY : issuer.aheadMs
  issuer.aheadMs = Number.NEGATIVE_INFINITY
  issuer.spanEndsMs = nowMs + spanMs
}
