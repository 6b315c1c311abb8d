import type {
  FamilyRotation,
  RefreshFamily,
  RotationOutcome,
  StoreChange,
  TokenRecord,
} from '../src/tokens/store.ts'

interface ModelToken extends TokenRecord {
  readonly addedAtMs: number
}

interface ModelPlace {
  readonly list: string
  readonly index: number
  readonly jti: string
  readonly diesAtMs: number
}

interface ModelFamily extends RefreshFamily {
  readonly addedAtMs: number
  readonly rotatedAtMs: number
  readonly previousHash: string | undefined
}

/** What a token store does, in the plainest way: lists that are searched from end to end. */
export class ModelStore {
  nowMs = 0
  tokens: readonly ModelToken[] = []
  places: readonly ModelPlace[] = []
  families: readonly ModelFamily[] = []
  changes: StoreChange[] = []
  readonly documents = new Map<string, { version: number; value: string }>()

  /** Time passes, and what has lived long enough dies. */
  advance(ms: number): void {
    this.nowMs += ms
    this.tokens = this.tokens.filter(
      token => this.nowMs - token.addedAtMs < token.lifetimeMs + token.toleranceMs,
    )
    this.places = this.places.filter(place => this.nowMs < place.diesAtMs)
    this.families = this.families.filter(family => this.nowMs - family.rotatedAtMs < family.idleMs)
  }

  addToken(record: TokenRecord): boolean {
    if (record.familyId !== undefined && this.findFamily(record.familyId) === undefined) return false
    const { jti, status, lifetimeMs, toleranceMs } = record
    this.tokens = [...this.tokens, { ...record, addedAtMs: this.nowMs }]
    if (status !== undefined) {
      this.places = [...this.places, { ...status, jti, diesAtMs: this.nowMs + lifetimeMs + toleranceMs }]
    }
    this.advance(0)
    return true
  }

  /** How long a token has to live, in ms. */
  remainingMs(jti: string): number | undefined {
    const token = this.tokens.find(candidate => candidate.jti === jti)
    return token && token.lifetimeMs - (this.nowMs - token.addedAtMs)
  }

  listTokens(subject: string): readonly string[] {
    return this.tokens.filter(token => token.subject === subject).map(token => token.jti)
  }

  /** What is on the list and has not died, and is not a token any more. */
  listRevoked(list: string): readonly number[] {
    const gone = this.places.filter(({ jti }) => this.tokens.every(token => token.jti !== jti))
    return gone.filter(place => place.list === list).map(place => place.index)
  }

  revokeToken(jti: string): boolean {
    if (this.remainingMs(jti) === undefined) return false
    this.tokens = this.tokens.filter(token => token.jti !== jti)
    this.changes.push({ kind: 'token', jti })
    return true
  }

  revokeSubject(subject: string): boolean {
    this.tokens = this.tokens.filter(token => token.subject !== subject)
    this.families = this.families.filter(family => family.subject !== subject)
    this.changes.push({ kind: 'subject', subject })
    return true
  }

  revokeFamily(familyId: string): boolean {
    if (this.findFamily(familyId) === undefined) return false
    this.tokens = this.tokens.filter(token => token.familyId !== familyId)
    this.families = this.families.filter(family => family.familyId !== familyId)
    this.changes.push({ kind: 'family', familyId })
    return true
  }

  revokeOlderThan(ageMs: number, issuedBeforeSeconds: number): boolean {
    const isYoung = ({ addedAtMs }: { addedAtMs: number }): boolean => this.nowMs - addedAtMs <= ageMs
    this.tokens = this.tokens.filter(token => isYoung(token) && token.issuedAtSeconds >= issuedBeforeSeconds)
    this.families = this.families.filter(isYoung)
    this.changes.push({ kind: 'everything' })
    return true
  }

  addFamily(family: RefreshFamily): void {
    const added = { addedAtMs: this.nowMs, rotatedAtMs: this.nowMs, previousHash: undefined }
    this.families = [...this.families, { ...family, ...added }]
    this.advance(0)
  }

  findFamily(familyId: string): RefreshFamily | undefined {
    const family = this.families.find(candidate => candidate.familyId === familyId)
    if (family === undefined) return undefined
    const { addedAtMs: _added, rotatedAtMs: _rotated, previousHash: _previous, ...found } = family
    return found
  }

  rotateFamily({ familyId, presentedHash, successorHash, graceMs }: FamilyRotation): RotationOutcome {
    const family = this.families.find(candidate => candidate.familyId === familyId)
    if (family === undefined) return 'unknown'
    if (presentedHash !== family.currentHash) {
      const isRecent = this.nowMs - family.rotatedAtMs <= graceMs
      return presentedHash === family.previousHash && isRecent ? 'repeated' : 'mismatch'
    }
    const rotated = {
      ...family,
      generation: family.generation + 1,
      currentHash: successorHash,
      previousHash: presentedHash,
      rotatedAtMs: this.nowMs,
    }
    this.families = this.families.map(candidate => (candidate === family ? rotated : candidate))
    return 'rotated'
  }

  writeDocument(name: string, value: string, expectedVersion: number): boolean {
    if ((this.documents.get(name)?.version ?? 0) !== expectedVersion) return false
    this.documents.set(name, { version: expectedVersion + 1, value })
    this.changes.push({ kind: 'document', name })
    return true
  }

  takeChanges(): readonly StoreChange[] {
    const taken = this.changes
    this.changes = []
    return taken
  }
}
