import type { JsonWebKey } from 'node:crypto'
import type { Duration } from '../time/index.ts'
import type { TokenClaims } from './claims.ts'
import type { IssueOptions } from './issuer.ts'
import type { Algorithm, KeyRing } from './keys/index.ts'
import type { TokenServiceEvents } from './observation.ts'
import type { PublishedStatusList } from './status/publication.ts'
import type { StatusListServiceOptions } from './status/service.ts'
import type { PageRequest, RevocationReceipt, TokenPage, TokenStore } from './store.ts'
import type { VerificationOptions, VerifiedToken } from './verifier.ts'

export interface TokenServiceOptions
  extends Omit<VerificationOptions, 'store' | 'statusList' | 'types' | 'requiredClaims' | 'claims'> {
  store: TokenStore
  /** `'store'` (the default): all nodes of the store share one set of keys, which rotates. */
  keys?: 'store' | KeyRing | undefined
  /** The `aud` of tokens that are issued without one. Default: `audience`. */
  defaultAudience?: string | readonly string[] | undefined
  /** What new keys are for. Default `ES256`. */
  algorithm?: Algorithm | undefined
  /** No token lives longer. Default 30 days. */
  maxExpiresIn?: Duration | undefined
  /** How long a refresh token is good when it is not used. Default 30 days. */
  refreshExpiresIn?: Duration | undefined
  /** For how long a refresh token that has just been used is answered again, with the same successor. Default 30 s. */
  refreshGrace?: Duration | undefined
  /** Publish whether a token was revoked, for verifiers without the store. Default: no. */
  statusList?: boolean | StatusListServiceOptions | undefined
}

export interface ServiceIssueOptions extends IssueOptions {
  /** Also start a session that can be refreshed. */
  refresh?: boolean | undefined
}

/** A token as it crosses the wire (RFC 6749, 5.1): durations, never instants. */
export interface TokenResponse {
  access_token: string
  token_type: 'Bearer'
  expires_in: number
  jti: string
  scope?: string
  refresh_token?: string
}

/** A refresh token that is not good: unknown, expired, revoked, or used before. */
export class RefreshError extends Error {
  override readonly name = 'RefreshError'
  readonly code = 'ERR_REFRESH_TOKEN'
  /** A token that had been replaced was presented again: the family has been revoked. */
  readonly reused: boolean

  constructor(message: string, reused = false) {
    super(message)
    this.reused = reused
  }
}

export interface RefreshTokenInfo {
  readonly subject: string
  readonly clientId: string | undefined
  readonly scope: string | undefined
}

/** Issues, verifies, refreshes and revokes, over one store. */
export interface TokenService<Claims extends TokenClaims = TokenClaims> {
  /**
   * @throws OptionError when an option cannot be used
   * @throws TokenError `ERR_STORE_UNAVAILABLE`: nothing was issued
   */
  issue(options: ServiceIssueOptions): Promise<TokenResponse>
  /** @throws TokenError with the reason; never anything else, whatever the input */
  verify(token: string): Promise<VerifiedToken<Claims>>
  /** As `Verifier.verifyCached`. */
  verifyCached(token: string): VerifiedToken<Claims> | undefined
  /**
   * Takes a refresh token and gives a new pair.
   *
   * @param clientId refuses the token unless it was issued to this client; `undefined`: to none in particular
   * @throws RefreshError
   */
  refresh(refreshToken: string, clientId?: string): Promise<TokenResponse>
  /** What a refresh token stands for; `undefined` unless it is the newest of a live session. */
  inspectRefreshToken(refreshToken: string): Promise<RefreshTokenInfo | undefined>
  /** Revokes one token by its `jti`. */
  revoke(jti: string): Promise<RevocationReceipt>
  /** Revokes the session of a refresh token: its family and every token issued from it. */
  revokeRefreshToken(refreshToken: string, clientId?: string): Promise<RevocationReceipt>
  /** Revokes a session by its `familyId`, as `list` tells it: its refresh token and every token issued from it. */
  revokeSession(familyId: string): Promise<RevocationReceipt>
  /** Revokes all that a subject has now: "log out everywhere". */
  revokeSubject(subject: string): Promise<RevocationReceipt>
  /** Revokes everything issued before an instant, given in seconds since the epoch. */
  revokeIssuedBefore(issuedBeforeSeconds: number): Promise<RevocationReceipt>
  /** The live tokens of a subject. */
  list(subject: string, page?: PageRequest): Promise<TokenPage>
  readonly keys: KeyRing
  /**
   * The status list of this identifier, signed; `undefined` when there is none.
   *
   * @throws TokenError `ERR_STORE_UNAVAILABLE`
   */
  statusList(id: string): Promise<PublishedStatusList | undefined>
  /** The public keys, as `jwks.json` publishes them. */
  jwks(): Promise<{ keys: readonly JsonWebKey[] }>
  /** What a listener throws is thrown again outside: it decides on no token. */
  on<E extends keyof TokenServiceEvents>(event: E, listener: (event: TokenServiceEvents[E]) => void): this
  off<E extends keyof TokenServiceEvents>(event: E, listener: (event: TokenServiceEvents[E]) => void): this
  /** Ends the cache and the feed; the store is its owner's to close. */
  close(): void
}
