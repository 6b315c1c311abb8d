import type { Culprit } from '../tokens/errors.ts'
import { type PolicyName, policyTitles } from './scenario.ts'

/** What became of the requests under one policy. */
export interface PolicyResult {
  readonly name: PolicyName
  readonly title: string
  readonly requests: number
  /** Answered with 503 or the like: nothing was said of the token. */
  readonly unavailable: number
  /** Requests with a token that lived and was not revoked, and how many of them were refused. */
  readonly freshRequests: number
  readonly falseRejects: number
  readonly falseRejectShare: number
  /** Requests with a token that had expired, and how many of them were accepted. */
  readonly expiredRequests: number
  readonly lateAccepts: number
  readonly lateAcceptShare: number
  /** How long after its end a token was accepted, at most; 0 when none was. */
  readonly maxLateAcceptMs: number
  /** How many were accepted later than the decision's own bound explains. */
  readonly lateAcceptsBeyondBound: number
  /** Requests with a token that had been revoked and had not expired, and how many of them were accepted. */
  readonly revokedRequests: number
  readonly revokedAccepts: number
  readonly revokedAcceptShare: number
  readonly maxRevokedAcceptMs: number
  /** Whose clock refusals of fresh tokens named. */
  readonly culprits: Readonly<Record<Culprit, number>>
  readonly storeOperations: number
}

/** What a server says of a token. */
export interface Answer {
  readonly outcome: 'accepted' | 'refused' | 'unavailable'
  /** Whose clock the refusal names. */
  readonly culprit?: Culprit
  /** How long after its end a token may be accepted, as the decision itself knows; 0 where it claims to be exact. */
  readonly boundMs: number
}

/** Counts what became of the requests under one policy. */
export class Tally {
  readonly #name: PolicyName
  #requests = 0
  #unavailable = 0
  #fresh = 0
  #falseRejects = 0
  #expired = 0
  #late = 0
  #maxLateMs = 0
  #beyondBound = 0
  #revoked = 0
  #revokedAccepts = 0
  #maxRevokedMs = 0
  #culprits = { issuer: 0, verifier: 0, unknown: 0, none: 0 }
  storeOperations: number = 0

  constructor(name: PolicyName) {
    this.#name = name
  }

  /**
   * @param deadForMs how long ago the token died; negative: it lives
   * @param revokedForMs how long ago it was revoked; negative: it was not
   */
  add({ outcome, culprit, boundMs }: Answer, deadForMs: number, revokedForMs: number): void {
    this.#requests += 1
    if (outcome === 'unavailable') {
      this.#unavailable += 1
      return
    }
    const isAccepted = outcome === 'accepted'
    if (deadForMs >= 0) this.#addExpired(isAccepted, deadForMs, boundMs)
    else if (revokedForMs >= 0) this.#addRevoked(isAccepted, revokedForMs)
    else {
      this.#fresh += 1
      if (isAccepted) return
      this.#falseRejects += 1
      this.#culprits[culprit ?? 'none'] += 1
    }
  }

  result(): PolicyResult {
    return {
      name: this.#name,
      title: policyTitles[this.#name],
      requests: this.#requests,
      unavailable: this.#unavailable,
      freshRequests: this.#fresh,
      falseRejects: this.#falseRejects,
      falseRejectShare: shareOf(this.#falseRejects, this.#fresh),
      expiredRequests: this.#expired,
      lateAccepts: this.#late,
      lateAcceptShare: shareOf(this.#late, this.#expired),
      maxLateAcceptMs: this.#maxLateMs,
      lateAcceptsBeyondBound: this.#beyondBound,
      revokedRequests: this.#revoked,
      revokedAccepts: this.#revokedAccepts,
      revokedAcceptShare: shareOf(this.#revokedAccepts, this.#revoked),
      maxRevokedAcceptMs: this.#maxRevokedMs,
      culprits: { ...this.#culprits },
      storeOperations: this.storeOperations,
    }
  }

  #addExpired(isAccepted: boolean, deadForMs: number, boundMs: number): void {
    this.#expired += 1
    if (!isAccepted) return
    this.#late += 1
    this.#maxLateMs = Math.max(this.#maxLateMs, deadForMs)
    if (deadForMs > boundMs) this.#beyondBound += 1
  }

  #addRevoked(isAccepted: boolean, revokedForMs: number): void {
    this.#revoked += 1
    if (!isAccepted) return
    this.#revokedAccepts += 1
    this.#maxRevokedMs = Math.max(this.#maxRevokedMs, revokedForMs)
  }
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}
