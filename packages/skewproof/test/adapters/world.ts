import { EventEmitter, once } from 'node:events'
import { ManualClock } from '../../src/clock/index.ts'
import type { TokenPlace } from '../../src/http/index.ts'
import { memoryStore } from '../../src/stores/memory/index.ts'
import {
  createVerifier,
  generateKey,
  signJws,
  TokenError,
  type TokenService,
  type Verifier,
} from '../../src/tokens/index.ts'
import { createTokenService } from '../../src/tokens/service.ts'

export const nowSeconds = 1_800_000_000

const issuer = 'https://idp.test'
const key = generateKey('EdDSA')

/** A clock that counts how often it is read. */
export class CountingClock extends ManualClock {
  readings = 0
  readonly wallOffsetMs = 1500

  override now(): ReturnType<ManualClock['now']> {
    this.readings += 1
    return super.now()
  }
}

/** What the applications under test are made of. */
export interface World {
  readonly clock: CountingClock
  /** Judges with no tolerance. */
  readonly verifier: Verifier
  /** Tolerates 5 s. */
  readonly tolerant: Verifier
  /** Its clock is the machine's own: its tokens are revoked, not aged. */
  readonly tokens: TokenService
  /** Does not answer before it is released. */
  readonly slow: Verifier
  release(): void
  /** How many requests are waiting for the slow verifier. */
  readonly waiting: number
  /** The store cannot be asked. */
  readonly broken: Verifier
  /** How many requests were let through to the slow verifier's handler. */
  admitted: number
  /** How many callers have left while they waited. */
  gone: number
  sign(claims?: Record<string, unknown>): string
}

export function createWorld(): World {
  const clock = new CountingClock({ timeMs: nowSeconds * 1000, errorMs: 0 })
  const options = { issuer, audience: 'api', keys: [key], clock }
  const verifier = createVerifier({ ...options, clockTolerance: 0 })
  const gate = new EventEmitter().setMaxListeners(0)
  let waiting = 0
  const slow = verifierWith(verifier, async token => {
    waiting += 1
    await once(gate, 'open')
    return verifier.verify(token)
  })
  const broken = verifierWith(verifier, async () => {
    const problem = 'the token store is unavailable: it is gone'
    throw new TokenError('ERR_STORE_UNAVAILABLE', problem, { retryAfterSeconds: 2.5 })
  })
  return {
    clock,
    verifier,
    tolerant: createVerifier({ ...options, clockTolerance: 5 }),
    tokens: createTokenService({ issuer, audience: 'api', store: memoryStore() }),
    slow,
    broken,
    release: () => void gate.emit('open'),
    get waiting() {
      return waiting
    },
    admitted: 0,
    gone: 0,
    sign: claims => {
      const all = { iss: issuer, aud: 'api', sub: 'alice', iat: nowSeconds, exp: nowSeconds + 60, ...claims }
      return signJws(key, Buffer.from(JSON.stringify(all)), 'JWT')
    },
  }
}

/** The same verifier, but for what `verify` does. */
function verifierWith(verifier: Verifier, verify: Verifier['verify']): Verifier {
  return {
    verify,
    verifyCached: token => verifier.verifyCached(token),
    on(event, listener) {
      verifier.on(event, listener)
      return this
    },
    off(event, listener) {
      verifier.off(event, listener)
      return this
    },
    close: () => verifier.close(),
  }
}

/** The protected paths of every application under test, and what their tokens need. */
export interface PathOptions<Request> {
  verifier: Verifier
  scope?: string
  audience?: string
  from?: TokenPlace<Request> | TokenPlace<Request>[]
  refusals?: 'pass'
  realm?: string
}

/** @param fromQuery reads `?token=` of the framework's own request, and fails at `?fail` */
export function protectedPaths<Request>(
  { verifier, tolerant, broken }: World,
  fromQuery: (request: Request) => string | undefined,
): Record<string, PathOptions<Request>> {
  return {
    '/me': { verifier },
    '/tolerant': { verifier: tolerant },
    '/scoped': { verifier, scope: 'read write', realm: 'a "quoted" \\ realm' },
    '/audience': { verifier, audience: 'admin' },
    '/cookie': { verifier, from: { cookie: 'session' } },
    '/either': { verifier, from: ['header', { cookie: 'session' }] },
    '/query': { verifier, from: fromQuery },
    '/broken': { verifier: broken },
    '/passed': { verifier, refusals: 'pass' },
  }
}

/** For the query of an address: a token, or a defect of the application. */
export function tokenOfQuery(query: URLSearchParams): string | undefined {
  if (query.has('fail')) throw new Error('a defect: secret-of-the-application')
  return query.get('token') ?? undefined
}
