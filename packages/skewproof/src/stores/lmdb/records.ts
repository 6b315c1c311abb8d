import type { StatusPlace } from '../../tokens/store.ts'
import { isIdentifier } from '../identifier.ts'
import type { IssueWatermark, Layout, StoredFamily, StoredPlace, StoredToken } from './layout.ts'
import { hashSubject } from './subject.ts'

/** What of a token or a family decides whether it has been revoked with others. */
interface Endable {
  readonly sequence: number
  readonly addedAtMs: number
  /** Of a token. */
  readonly issuedAtSeconds?: number
}

interface EndableToken extends Endable {
  readonly isRevoked: boolean
  readonly familyId?: string
}

/** Tokens and families as they are on disk, within a transaction: which of them are live, and what is kept beside each. */
export class LmdbRecords {
  readonly #layout: Layout
  readonly #nowMs: () => number

  constructor(layout: Layout, nowMs: () => number) {
    this.#layout = layout
    this.#nowMs = nowMs
  }

  /** When the last of all that there is now will have died. */
  lastDeathMs(): number {
    return this.#layout.getMeta('lastDeathMs') ?? 0
  }

  noteDeath(diesAtMs: number): void {
    if (diesAtMs > this.lastDeathMs()) this.#layout.putMeta('lastDeathMs', diesAtMs)
  }

  nextSequence(): number {
    const sequence = (this.#layout.getMeta('sequence') ?? 0) + 1
    this.#layout.putMeta('sequence', sequence)
    return sequence
  }

  putFamily(family: StoredFamily, previous?: StoredFamily): void {
    if (previous !== undefined) {
      void this.#layout.expiries.remove([previous.diesAtMs, 'family', previous.familyId])
    }
    void this.#layout.families.put(family.familyId, family)
    void this.#layout.expiries.put([family.diesAtMs, 'family', family.familyId], true)
    this.noteDeath(family.diesAtMs)
  }

  /** A token that has not died of age, revoked or not. */
  youngToken(jti: string): StoredToken | undefined {
    const token = isIdentifier(jti) ? this.#layout.tokens.get(jti) : undefined
    return token === undefined || token.diesAtMs <= this.#nowMs() ? undefined : token
  }

  isTaken({ list, index }: StatusPlace): boolean {
    return this.#layout.places.get([list, index]) !== undefined
  }

  putPlace(token: StoredToken): void {
    if (token.status === undefined) return
    const { diesAtMs, isRevoked, sequence, addedAtMs, issuedAtSeconds, familyId } = token
    const place: StoredPlace = [
      diesAtMs,
      isRevoked,
      sequence,
      addedAtMs,
      issuedAtSeconds,
      hashSubject(token.subject),
    ]
    if (familyId !== undefined) place.push(familyId)
    void this.#layout.places.put([token.status.list, token.status.index], place)
  }

  /** Whether the token on a place was revoked and has not died. */
  showsRevoked(place: StoredPlace): boolean {
    const [diesAtMs, isRevoked, sequence, addedAtMs, issuedAtSeconds, hashedSubject, familyId] = place
    if (diesAtMs <= this.#nowMs()) return false
    const record = { isRevoked, sequence, addedAtMs, issuedAtSeconds }
    return this.isEnded({ ...record, ...(familyId !== undefined && { familyId }) }, hashedSubject)
  }

  liveToken(jti: string): StoredToken | undefined {
    const token = this.youngToken(jti)
    if (token === undefined || this.isEnded(token, hashSubject(token.subject))) return undefined
    return token
  }

  /** Whether a token was revoked, by itself or with others. */
  isEnded(token: EndableToken, hashedSubject: string): boolean {
    if (token.isRevoked || this.#isRevoked(token, hashedSubject)) return true
    const family = token.familyId === undefined ? undefined : this.#layout.families.get(token.familyId)
    return family?.isRevoked === true
  }

  liveFamily(familyId: string): StoredFamily | undefined {
    const family = isIdentifier(familyId) ? this.#layout.families.get(familyId) : undefined
    if (family === undefined || family.isRevoked || family.diesAtMs <= this.#nowMs()) return undefined
    return this.#isRevoked(family, hashSubject(family.subject)) ? undefined : family
  }

  #isRevoked(record: Endable, hashedSubject: string): boolean {
    if (record.addedAtMs < (this.#layout.getMeta('addedBeforeMs') ?? 0)) return true
    const { issuedAtSeconds } = record
    if (issuedAtSeconds !== undefined) {
      const isConcerned = ({ sequence, issuedBeforeSeconds }: IssueWatermark) =>
        record.sequence < sequence && issuedAtSeconds < issuedBeforeSeconds
      if (this.#layout.getMeta('issueWatermarks')?.some(isConcerned)) return true
    }
    const watermark = this.#layout.subjects.get(hashedSubject)
    return watermark !== undefined && record.sequence < watermark.sequence
  }
}
