import type { JsonWebKey } from 'node:crypto'
import type { Clock } from '../clock/clock.ts'
import type { HostClock } from '../clock/host.ts'
import { systemHostClock } from '../clock/system.ts'
import { unsynchronizedClock } from '../clock/unsynchronized.ts'
import { OptionError, parseDurationMs } from '../time/index.ts'
import type { TokenClaims } from './claims.ts'
import { storeUnavailable } from './errors.ts'
import { createIssuer, type IssuedToken, type IssueOptions, type Issuer } from './issuer.ts'
import { type Algorithm, algorithms, type KeyRing, type SigningKey, storedKeyRing } from './keys/index.ts'
import { defaultPublishLeadMs } from './keys/rotation.ts'
import { Listeners, type ListenersOf } from './listeners.ts'
import type { Issuance, Revocation, TokenServiceEvents } from './observation.ts'
import { observeStore } from './observed-store.ts'
import { requireClock, requireStore, requireText } from './options.ts'
import { maxToleranceMs } from './policy.ts'
import {
  formatRefreshToken,
  hashSecret,
  newFamily,
  parseRefreshToken,
  successorOf,
  wasIssued,
} from './refresh.ts'
import type { PublishedStatusList } from './status/publication.ts'
import { StatusListService } from './status/service.ts'
import type { PageRequest, RefreshFamily, RevocationReceipt, TokenPage, TokenStore } from './store.ts'
import {
  RefreshError,
  type RefreshTokenInfo,
  type ServiceIssueOptions,
  type TokenResponse,
  type TokenService,
  type TokenServiceOptions,
} from './token-service.ts'
import { TokenVerifier } from './token-verifier.ts'
import type { VerifiedToken } from './verifier.ts'

/** How often a token is issued whose place on the status list turns out to be another's, which is rare. */
const maxPlaceAttempts = 3

/** What a refresh issues. */
interface Grant {
  readonly audience?: string | readonly string[]
  readonly scope?: string
  readonly clientId?: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly expiresInSeconds: number
}

/**
 * A token service over a store.
 *
 * ```ts
 * const tokens = createTokenService({ issuer: 'https://auth.example.com', audience: 'api', clock, store })
 * const { access_token } = await tokens.issue({ subject: 'alice', expiresIn: '1h' })
 * await tokens.verify(access_token)
 * ```
 *
 * @throws OptionError when an option cannot be used
 */
export function createTokenService<Claims extends TokenClaims = TokenClaims>(
  options: TokenServiceOptions,
): TokenService<Claims> {
  return new StoreTokenService(options) as unknown as TokenService<Claims>
}

class StoreTokenService implements TokenService {
  readonly keys: KeyRing
  readonly #store: TokenStore
  readonly #clock: Clock
  readonly #issuer: Issuer
  readonly #verifier: TokenVerifier
  readonly #statusLists: StatusListService | undefined
  readonly #refreshIdleMs: number
  readonly #graceMs: number
  readonly #listeners: ListenersOf<TokenServiceEvents> = {
    verification: new Listeners(),
    issuance: new Listeners(),
    revocation: new Listeners(),
  }

  constructor(options: TokenServiceOptions) {
    const { maxExpiresIn = '30d' } = options
    const store = observeStore(requireStore(options.store))
    const host: HostClock = options.host ?? systemHostClock
    this.#store = store
    this.#clock = options.clock === undefined ? unsynchronizedClock(host) : requireClock(options.clock)
    this.#refreshIdleMs = parseDurationMs('refreshExpiresIn', options.refreshExpiresIn ?? '30d', {
      minMs: 1000,
    })
    this.#graceMs = parseDurationMs('refreshGrace', options.refreshGrace ?? '30s', { maxMs: 300_000 })
    const maxLifetimeMs = parseDurationMs('maxExpiresIn', maxExpiresIn, { minMs: 1000 })
    this.keys =
      options.keys === undefined || options.keys === 'store'
        ? storedKeyRing({
            store,
            host,
            algorithm: checkAlgorithm(options.algorithm ?? 'ES256'),
            policy: { publishLeadMs: defaultPublishLeadMs, maxLifetimeMs },
          })
        : options.keys
    const signingKey = (): Promise<SigningKey> => {
      // A key that leaked must not sign, and a service that only issues would not hear of it otherwise.
      this.#verifier.takeChanges()
      return this.keys.signingKey()
    }
    const { statusList = false, issuer } = options
    this.#statusLists =
      statusList === false
        ? undefined
        : new StatusListService(
            { store, clock: this.#clock, host, issuer, maxLifetimeMs, signingKey },
            statusList === true ? {} : statusList,
          )
    this.#issuer = createIssuer({
      issuer,
      audience: options.defaultAudience ?? options.audience ?? undefined,
      key: signingKey,
      clock: this.#clock,
      maxExpiresIn,
      status: this.#statusLists?.takePlace,
    })
    this.#verifier = new TokenVerifier(
      this.keys,
      {
        ...options,
        clock: this.#clock,
        types: ['at+jwt'],
        requiredClaims: ['exp', 'iat', 'sub', 'jti'],
        // It has the store itself.
        statusList: false,
      },
      { forgetKeys: () => this.keys.invalidate(), listeners: this.#listeners },
    )
  }

  async issue({ refresh = false, ...options }: ServiceIssueOptions): Promise<TokenResponse> {
    const issued = await this.#issuer.issue(options)
    if (!refresh) {
      const recorded = await this.#record(issued, options)
      if (recorded === undefined) throw storeUnavailable('others hold all places on the status list')
      return this.#issued(recorded, 'request')
    }
    const { family, first } = newFamily(
      options.subject,
      JSON.stringify(grantOf(options, issued)),
      this.#refreshIdleMs,
    )
    await this.#store.addFamily(family)
    const recorded = await this.#record(issued, options, family.familyId)
    if (recorded === undefined) throw new RefreshError('the session was revoked as it began')
    return { ...this.#issued(recorded, 'request'), refresh_token: formatRefreshToken(first) }
  }

  verify(token: string): Promise<VerifiedToken> {
    return this.#verifier.verify(token)
  }

  verifyCached(token: string): VerifiedToken | undefined {
    return this.#verifier.verifyCached(token)
  }

  async refresh(refreshToken: string, clientId?: string): Promise<TokenResponse> {
    const { token, family, grant } = await this.#findFamily(refreshToken, clientId)
    const successor = successorOf(token, family.salt)
    const outcome = await this.#store.rotateFamily({
      familyId: family.familyId,
      presentedHash: hashSecret(token.secret),
      successorHash: hashSecret(successor.secret),
      graceMs: this.#graceMs,
    })
    if (outcome === 'unknown') throw unknownRefreshToken()
    if (outcome === 'mismatch') return this.#refuseReplaced(refreshToken, clientId)
    const request = {
      subject: family.subject,
      expiresIn: grant.expiresInSeconds,
      audience: grant.audience,
      scope: grant.scope,
      clientId: grant.clientId,
      claims: grant.claims,
    }
    const recorded = await this.#record(await this.#issuer.issue(request), request, family.familyId)
    if (recorded === undefined) throw unknownRefreshToken()
    return { ...this.#issued(recorded, 'refresh'), refresh_token: formatRefreshToken(successor) }
  }

  async inspectRefreshToken(refreshToken: string): Promise<RefreshTokenInfo | undefined> {
    const token = parseRefreshToken(refreshToken)
    const family = token && (await this.#store.findFamily(token.familyId))
    if (token === undefined || family === undefined) return undefined
    if (token.generation !== family.generation || !wasIssued(token, family)) return undefined
    const { clientId, scope } = JSON.parse(family.grant) as Grant
    return { subject: family.subject, clientId, scope }
  }

  async revoke(jti: string): Promise<RevocationReceipt> {
    return this.#revoked('token', await this.#store.revokeToken(requireText('jti', jti)))
  }

  async revokeRefreshToken(refreshToken: string, clientId?: string): Promise<RevocationReceipt> {
    const { token, family } = await this.#findFamily(refreshToken, clientId)
    // Any token of the chain ends the session, but a made-up one does not.
    if (!wasIssued(token, family)) throw unknownRefreshToken()
    return this.#revoked('family', await this.#store.revokeFamily(family.familyId))
  }

  async revokeSession(familyId: string): Promise<RevocationReceipt> {
    return this.#revoked('family', await this.#store.revokeFamily(requireText('familyId', familyId)))
  }

  async revokeSubject(subject: string): Promise<RevocationReceipt> {
    return this.#revoked('subject', await this.#store.revokeSubject(requireText('subject', subject)))
  }

  async revokeIssuedBefore(issuedBeforeSeconds: number): Promise<RevocationReceipt> {
    const ageMs = this.#clock.now().timeMs - issuedBeforeSeconds * 1000
    if (!Number.isFinite(issuedBeforeSeconds) || issuedBeforeSeconds < 0 || ageMs < -maxToleranceMs) {
      throw new OptionError(
        'issuedBefore',
        'give an instant in seconds since the epoch that is not in the future',
      )
    }
    const receipt = await this.#store.revokeOlderThan(Math.max(0, ageMs), issuedBeforeSeconds)
    return this.#revoked('issued_before', receipt)
  }

  async list(subject: string, page?: PageRequest): Promise<TokenPage> {
    return this.#store.listTokens(requireText('subject', subject), page)
  }

  async statusList(id: string): Promise<PublishedStatusList | undefined> {
    return this.#statusLists?.publish(id)
  }

  async jwks(): Promise<{ keys: readonly JsonWebKey[] }> {
    // Another node may have dropped a key that leaked.
    this.#verifier.takeChanges()
    return { keys: await this.keys.publicJwks() }
  }

  on<E extends keyof TokenServiceEvents>(event: E, listener: (event: TokenServiceEvents[E]) => void): this {
    this.#listeners[event].add(listener)
    return this
  }

  off<E extends keyof TokenServiceEvents>(event: E, listener: (event: TokenServiceEvents[E]) => void): this {
    this.#listeners[event].remove(listener)
    return this
  }

  close(): void {
    this.#verifier.close()
    this.#statusLists?.close()
  }

  #issued(issued: IssuedToken, cause: Issuance['cause']): TokenResponse {
    this.#listeners.issuance.tell({ cause, expiresInSeconds: issued.expiresInSeconds })
    return response(issued)
  }

  #revoked(scope: Revocation['scope'], receipt: RevocationReceipt): RevocationReceipt {
    this.#listeners.revocation.tell({ scope, ...receipt })
    return receipt
  }

  /**
   * Records a token; one whose place on the status list is another's is issued anew, with another place.
   *
   * @returns the token that was recorded; `undefined` when its family is not live, or no place was free
   */
  async #record(
    first: IssuedToken,
    request: IssueOptions,
    familyId?: string,
  ): Promise<IssuedToken | undefined> {
    let issued = first
    for (let attempt = 0; attempt < maxPlaceAttempts; attempt += 1) {
      if (await this.#add(issued, familyId)) return issued
      if (this.#statusLists === undefined) return undefined
      this.#statusLists.forgetPlaces()
      issued = await this.#issuer.issue(request)
    }
    return undefined
  }

  #add({ jti, claims, lifetimeMs, status }: IssuedToken, familyId: string | undefined): Promise<boolean> {
    const place = status && this.#statusLists?.placeOf(status)
    return this.#store.addToken({
      jti,
      subject: claims.sub ?? '',
      ...(familyId !== undefined && { familyId }),
      ...(claims.client_id !== undefined && { clientId: claims.client_id }),
      ...(claims.scope !== undefined && { scope: claims.scope }),
      issuedAtSeconds: claims.iat ?? 0,
      lifetimeMs,
      toleranceMs: maxToleranceMs,
      ...(place !== undefined && { status: place }),
    })
  }

  async #findFamily(
    refreshToken: string,
    clientId: string | undefined,
  ): Promise<{
    token: NonNullable<ReturnType<typeof parseRefreshToken>>
    family: RefreshFamily
    grant: Grant
  }> {
    const token = parseRefreshToken(refreshToken)
    const family = token && (await this.#store.findFamily(token.familyId))
    if (token === undefined || family === undefined) throw unknownRefreshToken()
    const grant = JSON.parse(family.grant) as Grant
    if (grant.clientId !== undefined && grant.clientId !== clientId) throw unknownRefreshToken()
    return { token, family, grant }
  }

  /** Somebody holds a token that was replaced: the thief or the owner, and there is no telling which. */
  async #refuseReplaced(refreshToken: string, clientId: string | undefined): Promise<never> {
    const { token, family } = await this.#findFamily(refreshToken, clientId)
    if (!wasIssued(token, family)) throw unknownRefreshToken()
    this.#revoked('family', await this.#store.revokeFamily(family.familyId))
    throw new RefreshError('the refresh token had been used before; its session has been revoked', true)
  }
}

function checkAlgorithm(algorithm: Algorithm): Algorithm {
  if (!algorithms.includes(algorithm))
    throw new OptionError('algorithm', `use one of ${algorithms.join(', ')}`)
  return algorithm
}

function response({ token, jti, claims, expiresInSeconds }: IssuedToken): TokenResponse {
  return {
    access_token: token,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    jti,
    ...(claims.scope !== undefined && { scope: claims.scope }),
  }
}

function grantOf(
  { audience, scope, clientId, claims }: IssueOptions,
  { expiresInSeconds }: IssuedToken,
): Grant {
  return {
    expiresInSeconds,
    ...(audience !== undefined && { audience }),
    ...(scope !== undefined && { scope }),
    ...(clientId !== undefined && { clientId }),
    ...(claims !== undefined && { claims }),
  }
}

function unknownRefreshToken(): RefreshError {
  return new RefreshError('the refresh token is unknown, expired or revoked')
}
