/**
 * What a token store must do. Identifiers (`jti`, `familyId`) are 1 to 64 characters of base64url, and begin with their
 * subject's tag (`subjectTag`), so that a store which is spread over many servers finds all of a subject in one place; others
 * name nothing. A subject is any text.
 * All durations run on the *store's* clock, which no server's wall clock can move, so
 * that servers which disagree on the time still agree on how old a token is.
 *
 * Every method is atomic, but for what concerns all subjects: on a store that is spread over servers that is one step for each
 * part of it, and where one fails, the others may be done; it can be done again. Every method rejects with the `TokenError` `ERR_STORE_UNAVAILABLE` when the store cannot be asked or
 * cannot take the write. A write is acknowledged only when it would survive the death of this process.
 */
export interface TokenStore {
  /** For how long a change that was acknowledged to somebody may stay unseen by a feed; 0: not at all. */
  readonly maxStalenessMs: number
  /**
   * How old what this process knows of changes is, ms: beyond `maxStalenessMs` its feeds fail. `undefined` while it knows
   * nothing yet.
   */
  stalenessMs(): number | undefined

  /**
   * Records a new token, whose `jti` nobody had before. `false` when its family is not (or no longer) live, or another token
   * has its place on the status list: nothing was recorded. A store that is spread over servers knows of the places that
   * tokens in the same part of it have.
   */
  addToken(record: TokenRecord): Promise<boolean>
  /** A live token; `undefined` when it was revoked, has died, or was never issued. */
  findToken(jti: string): Promise<LiveToken | undefined>
  /** Whether a token is not live because it was revoked; false once it has died, and for one that was never issued. */
  wasRevoked(jti: string): Promise<boolean>
  /**
   * The live tokens of a subject, oldest first.
   *
   * @throws OptionError when the page cannot be
   */
  listTokens(subject: string, page?: PageRequest): Promise<TokenPage>

  /** `revoked` is false when the token was not live. */
  revokeToken(jti: string): Promise<RevocationReceipt>
  /**
   * Revokes every token and refresh family that the subject has at this moment; later ones are not concerned. However
   * many there are, it is one short step, and `revoked` is true even when there were none.
   */
  revokeSubject(subject: string): Promise<RevocationReceipt>
  /** Revokes a refresh family and every token issued from it. */
  revokeFamily(familyId: string): Promise<RevocationReceipt>
  /**
   * Revokes every token and family that was issued longer than `ageMs` ago by the store's clock, and every token there is
   * whose `iat` is before `issuedBeforeSeconds` by its issuer's. Later ones are not concerned, so that an issuer whose
   * clock is behind can go on.
   */
  revokeOlderThan(ageMs: number, issuedBeforeSeconds: number): Promise<RevocationReceipt>

  /**
   * The places on a status list of the tokens that `wasRevoked`: a part of them with each call, in any order, until there
   * is no cursor. A part may be empty, and may repeat a place. It has all that was revoked before the first of the calls.
   *
   * @throws OptionError when the cursor cannot be
   */
  listRevoked(list: string, cursor?: string): Promise<RevokedPlaces>

  addFamily(family: RefreshFamily): Promise<void>
  findFamily(familyId: string): Promise<RefreshFamily | undefined>
  /** Compare-and-swap of the family's current refresh token. */
  rotateFamily(rotation: FamilyRotation): Promise<RotationOutcome>

  /** Small named JSON documents (signing keys, registered clients), each with a version. */
  readDocument(name: string): Promise<StoredDocument>
  /** Writes if the stored version is still `expectedVersion` (0: it does not exist yet); else returns `false`. */
  writeDocument(name: string, value: string, expectedVersion: number): Promise<boolean>

  /** A reader of its own on what changes, from now on. */
  openFeed(): ChangeFeed

  close(): Promise<void>
}

/** What the store keeps of a token. The token itself is never stored. */
export interface TokenRecord {
  readonly jti: string
  readonly subject: string
  /** A family of the same subject. */
  readonly familyId?: string
  readonly clientId?: string
  readonly scope?: string
  /** The token's `iat`, by its issuer's clock. */
  readonly issuedAtSeconds: number
  /** From now until the token's `exp`, by its issuer's clock. */
  readonly lifetimeMs: number
  /** How much longer than `lifetimeMs` the record is kept: what verifiers may tolerate. */
  readonly toleranceMs: number
  /** Where it is published whether the token was revoked. No place is given to a second token. */
  readonly status?: StatusPlace
}

/** A place on a status list. */
export interface StatusPlace {
  /** The list, by an identifier. */
  readonly list: string
  /** From 0, and below 2^23. */
  readonly index: number
}

export interface RevokedPlaces {
  readonly indices: readonly number[]
  /** Present when there may be more. */
  readonly cursor?: string
}

export interface LiveToken extends Omit<TokenRecord, 'lifetimeMs' | 'toleranceMs'> {
  /** Until `exp`, measured by the store's clock since the token was issued; negative while only tolerance is left. */
  readonly remainingMs: number
  /** How far `remainingMs` can be off. */
  readonly errorMs: number
}

export interface PageRequest {
  /** 1 to 1000; default 100. */
  readonly limit?: number
  /** Where the previous page ended. */
  readonly cursor?: string
}

export interface TokenPage {
  readonly tokens: readonly LiveToken[]
  /** Present when there are more. */
  readonly cursor?: string
}

/**
 * `durable`: on disk. `replicated`: enough replicas have it, a failover cannot undo it. `acknowledged`: the store has it,
 * and may lose it when it dies.
 */
export type Durability = 'durable' | 'replicated' | 'acknowledged'

export interface RevocationReceipt {
  readonly revoked: boolean
  readonly durability: Durability
}

/** One login: a chain of refresh tokens, of which only the newest is good. */
export interface RefreshFamily {
  readonly familyId: string
  readonly subject: string
  /** Random; together with a refresh token it gives the next one. */
  readonly salt: string
  /** How often it was rotated. */
  readonly generation: number
  /** SHA-256 of the newest refresh token, base64url. */
  readonly currentHash: string
  /** What a refresh issues, as JSON. */
  readonly grant: string
  /** The family dies when it is not rotated for this long; the tokens issued from it live on. */
  readonly idleMs: number
}

export interface FamilyRotation {
  readonly familyId: string
  readonly presentedHash: string
  readonly successorHash: string
  /** For how long after a rotation the previous refresh token is still answered, with the same successor. */
  readonly graceMs: number
}

/**
 * - `rotated`: the presented token was the newest; its successor is now.
 * - `repeated`: it was the one before, within the grace; nothing changed.
 * - `mismatch`: it is neither.
 * - `unknown`: no such family is live.
 */
export type RotationOutcome = 'rotated' | 'repeated' | 'mismatch' | 'unknown'

export interface StoredDocument {
  /** 0 when there is no such document yet. */
  readonly version: number
  readonly value: string | undefined
  /** The store's clock when it was read, ms; it is to be compared with itself only. */
  readonly readAtMs: number
}

export type StoreChange = (
  | { readonly kind: 'token'; readonly jti: string }
  | { readonly kind: 'subject'; readonly subject: string }
  | { readonly kind: 'family'; readonly familyId: string }
  /** A sweeping revocation, or a gap: everything learned before may be out of date. */
  | { readonly kind: 'everything' }
  | { readonly kind: 'document'; readonly name: string }
) & {
  /** How long it had been made, by the store's clock, when this process came to know of it, ms; where that is known. */
  readonly ageMs?: number
}

/**
 * What changed in the store, whoever did it. Reading it is synchronous and costs no I/O, so that it can be done for each
 * request. What concerns one subject comes in the order in which it happened.
 */
export interface ChangeFeed {
  /**
   * The changes since the previous call, oldest first; empty when there are none. `everything` may be said again. It sees every change that was
   * acknowledged before the current turn of the event loop began: through this store, or to anybody where the store's
   * `maxStalenessMs` is 0, or to anybody that long ago.
   *
   * @throws TokenError `ERR_STORE_UNAVAILABLE` when that cannot be told; nothing is lost by it: the next call that succeeds
   *   has what happened meanwhile
   */
  take(): readonly StoreChange[]
  close(): void
}
