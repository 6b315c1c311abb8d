import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import { join } from 'node:path'
import { type JWTHeaderParameters, SignJWT } from 'jose'
import { onTestFinished } from 'vitest'
import { systemFile } from '../../scripts/lib/system-packages.mjs'
import { temporaryDirectory } from './processes.ts'

export type IssuerShape = 'keycloak' | 'auth0' | 'cognito'

export interface LocalIssuerOptions {
  /** How far its clock is off. */
  readonly offsetSeconds?: number
  readonly algorithm?: 'RS256' | 'ES256'
  readonly tls?: ServerOptions
}

interface IssuerKey {
  readonly kid: string
  readonly privateKey: KeyObject
  /** As it is published. */
  readonly jwk: object
}

interface Shape {
  /** The path of its `iss`. */
  readonly path: string
  readonly jwksPath: string
  readonly cacheControl: string | undefined
  /** Keys that are there from the start: those that sign, and others. */
  readonly keys: number
  kid(): string
  readonly access: {
    readonly header: object
    readonly lifetimeSeconds: number
    claims(issuer: string): object
  }
  readonly id: { readonly header: object; claims(issuer: string): object }
}

/** The application that tokens are issued to, in all shapes. */
export const clientId = '1example23456789'

/** As their documentation describes them: Keycloak 26, Auth0's default profile, user pools of Amazon Cognito. */
const shapes: Readonly<Record<IssuerShape, Shape>> = {
  keycloak: {
    path: '/realms/demo',
    jwksPath: '/realms/demo/protocol/openid-connect/certs',
    cacheControl: 'no-cache',
    keys: 1,
    kid: () => randomBytes(32).toString('base64url'),
    access: {
      header: { typ: 'JWT' },
      lifetimeSeconds: 300,
      claims: () => ({
        jti: `onrtac:${randomUUID()}`,
        aud: ['orders', 'account'],
        sub: 'a7b2c9f0-5e0c-4f5c-9d58-0a4b5f6f2c11',
        typ: 'Bearer',
        azp: clientId,
        sid: randomUUID(),
        acr: '1',
        'allowed-origins': ['https://shop.example.com'],
        realm_access: { roles: ['offline_access', 'uma_authorization'] },
        resource_access: { orders: { roles: ['read'] }, account: { roles: ['view-profile'] } },
        scope: 'openid email profile',
        email_verified: true,
        preferred_username: 'alice',
      }),
    },
    id: { header: { typ: 'JWT' }, claims: () => ({ typ: 'ID', aud: clientId, azp: clientId, sub: 'alice' }) },
  },
  auth0: {
    path: '/',
    jwksPath: '/.well-known/jwks.json',
    cacheControl: 'public, max-age=15, stale-while-revalidate=15, stale-if-error=86400',
    // The current one, and the next.
    keys: 2,
    kid: () => randomBytes(16).toString('base64url').slice(0, 21),
    access: {
      header: { typ: 'JWT' },
      lifetimeSeconds: 86_400,
      claims: issuer => ({
        sub: 'auth0|6553da60a54af58e29493993',
        aud: ['https://api.example.com', `${issuer}userinfo`],
        azp: clientId,
        scope: 'openid profile',
        permissions: ['read:orders'],
      }),
    },
    id: {
      header: { typ: 'JWT' },
      claims: () => ({ sub: 'auth0|6553', aud: clientId, nonce: 'n-0S6_WzA2Mj' }),
    },
  },
  cognito: {
    path: '/eu-central-1_AbCdEfGhI',
    jwksPath: '/eu-central-1_AbCdEfGhI/.well-known/jwks.json',
    cacheControl: undefined,
    // One signs access tokens, the other ID tokens.
    keys: 2,
    kid: () => randomBytes(32).toString('base64'),
    access: {
      header: {},
      lifetimeSeconds: 3600,
      claims: () => ({
        sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
        'cognito:groups': ['admin'],
        version: 2,
        client_id: clientId,
        origin_jti: randomUUID(),
        event_id: randomUUID(),
        token_use: 'access',
        scope: 'openid orders/read',
        jti: randomUUID(),
        username: 'alice',
      }),
    },
    id: {
      header: {},
      claims: () => ({ sub: 'alice', aud: clientId, token_use: 'id', 'cognito:username': 'alice' }),
    },
  },
}

/** A server that issues tokens and publishes keys as another product does. It ends with the test. */
export class LocalIssuer {
  /** Its `iss`. */
  readonly url: string
  /** What it was asked for, in turn. */
  readonly requests: string[] = []
  readonly #shape: Shape
  readonly #algorithm: 'RS256' | 'ES256'
  readonly #offsetSeconds: number
  readonly #server: Server
  readonly #keys: IssuerKey[]
  /** Published as well, and not for signatures. */
  readonly #encryption: object
  #active: IssuerKey
  #made = 0

  private constructor(server: Server, origin: string, shape: Shape, options: LocalIssuerOptions) {
    const { algorithm = 'RS256', offsetSeconds = 0 } = options
    this.#server = server
    this.#shape = shape
    this.#algorithm = algorithm
    this.#offsetSeconds = offsetSeconds
    this.url = origin + shape.path
    const [first, ...others] = Array.from({ length: shape.keys }, () => this.#makeKey())
    if (first === undefined) throw new Error('it needs a key')
    this.#active = first
    this.#keys = [first, ...others]
    this.#encryption = this.#makeKey('RS256').jwk
  }

  static async start(name: IssuerShape, options: LocalIssuerOptions = {}): Promise<LocalIssuer> {
    const answer: { listener: RequestListener } = { listener: (_request, response) => response.end() }
    const listener: RequestListener = (request, response) => answer.listener(request, response)
    const { tls } = options
    const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port was given')
    const origin = `${tls === undefined ? 'http' : 'https'}://localhost:${address.port}`
    const issuer = new LocalIssuer(server, origin, shapes[name], options)
    answer.listener = issuer.#listener
    onTestFinished(() => issuer.stop())
    return issuer
  }

  /** Where its keys are. */
  get jwksUri(): string {
    return new URL(this.#shape.jwksPath, this.url).href
  }

  /** Signs with a new key from now on, and goes on publishing the old ones. */
  rotate(): void {
    this.#active = this.#makeKey()
    this.#keys.push(this.#active)
  }

  /** Publishes no key any more but the one that signs. */
  dropOldKeys(): void {
    this.#keys.splice(0, this.#keys.length, this.#active)
  }

  accessToken(changes: object = {}, header: object = {}): Promise<string> {
    const { access } = this.#shape
    const claims = { ...this.#timesFor(access.lifetimeSeconds), ...access.claims(this.url), ...changes }
    return this.#sign(claims, { ...access.header, ...header }, this.#active)
  }

  /** What a client gets besides: it is no key to any API. */
  idToken(): Promise<string> {
    const { id, access } = this.#shape
    const claims = { ...this.#timesFor(access.lifetimeSeconds), ...id.claims(this.url) }
    return this.#sign(claims, id.header, this.#keys.at(-1) ?? this.#active)
  }

  /** Keycloak signs those for itself, with a secret that it does not publish. */
  refreshToken(): Promise<string> {
    const claims = { ...this.#timesFor(1800), typ: 'Refresh', aud: this.url, azp: clientId }
    const header = { alg: 'HS512', typ: 'JWT', kid: randomUUID() }
    return new SignJWT(claims).setProtectedHeader(header).sign(randomBytes(64))
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  readonly #listener: RequestListener = ({ url = '' }, response) => {
    this.requests.push(url)
    const base = this.url.replace(/\/$/, '')
    const metadata = { issuer: this.url, jwks_uri: this.jwksUri, token_endpoint: `${base}/oauth2/token` }
    const bodies = new Map<string, object>([
      [new URL(`${base}/.well-known/openid-configuration`).pathname, metadata],
      [this.#shape.jwksPath, { keys: this.#published() }],
    ])
    const body = bodies.get(url)
    const { cacheControl } = this.#shape
    if (cacheControl !== undefined) response.setHeader('cache-control', cacheControl)
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body ?? { error: 'not_found' }))
  }

  #published(): object[] {
    const jwks = this.#keys.map(({ jwk }) => jwk)
    if (this.#shape !== shapes.keycloak) return jwks
    // Another algorithm's goes by the same name as the first (keycloak issue 14794).
    const namesakes = this.#algorithm === 'RS256' ? [{ ...jwks[0], alg: 'RS512' }] : []
    return [{ ...this.#encryption, use: 'enc', alg: 'RSA-OAEP' }, ...namesakes, ...jwks]
  }

  #makeKey(algorithm: 'RS256' | 'ES256' = this.#algorithm): IssuerKey {
    const { privateKey, publicKey, certificate } = materialFor(algorithm, this.#made)
    this.#made += 1
    const kid = this.#shape.kid()
    const shown = this.#shape === shapes.cognito ? {} : certificate
    const jwk = { kid, alg: algorithm, use: 'sig', ...publicKey.export({ format: 'jwk' }), ...shown }
    return { kid, privateKey, jwk }
  }

  #timesFor(lifetimeSeconds: number): object {
    const now = Math.floor(Date.now() / 1000) + this.#offsetSeconds
    return { iss: this.url, iat: now, auth_time: now, exp: now + lifetimeSeconds }
  }

  #sign(claims: object, header: object, { kid, privateKey }: IssuerKey): Promise<string> {
    const full: JWTHeaderParameters = { alg: this.#algorithm, kid, ...header }
    return new SignJWT({ ...claims }).setProtectedHeader(full).sign(privateKey)
  }
}

interface Material {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** The members of a JWK that show the key's own certificate (RFC 7517, 4.7 to 4.9). */
  readonly certificate: object
}

/** To make a key takes a while: the first key of one issuer is also that of the next, by another name. */
const made = new Map<string, Material>()

function materialFor(algorithm: 'RS256' | 'ES256', number: number): Material {
  const name = `${algorithm} ${number}`
  const material = made.get(name) ?? makeMaterial(algorithm)
  made.set(name, material)
  return material
}

function makeMaterial(algorithm: 'RS256' | 'ES256'): Material {
  const pair =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const path = join(temporaryDirectory(), 'key.pem')
  writeFileSync(path, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const der = execFileSync(
    systemFile('openssl'),
    ['req', '-x509', '-new', '-key', path, '-subj', '/CN=demo', '-days', '3650', '-outform', 'DER'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const hash = (digest: string) => createHash(digest).update(der).digest('base64url')
  const certificate = { x5c: [der.toString('base64')], x5t: hash('sha1'), 'x5t#S256': hash('sha256') }
  return { ...pair, certificate }
}
