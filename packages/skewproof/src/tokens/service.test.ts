import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { ManualClock, ManualHostClock } from '../clock/manual.ts'
import { memoryStore } from '../stores/memory/index.ts'
import { createTokenService } from './service.ts'
import type { ChangeFeed, TokenStore } from './store.ts'
import type { TokenService, TokenServiceOptions } from './token-service.ts'

const startMs = 1_800_000_000_000
let host: ManualHostClock
let clock: ManualClock
let store: TokenStore

function service(options: Partial<TokenServiceOptions> = {}): TokenService {
  return createTokenService({
    issuer: 'https://issuer.test',
    audience: 'api',
    store,
    clock,
    host,
    ...options,
  })
}

/** Time passes for everybody. */
function pass(ms: number): void {
  host.advance(ms)
  clock.advance(ms)
}

beforeEach(() => {
  host = new ManualHostClock(startMs)
  clock = new ManualClock({ timeMs: startMs, errorMs: 5 })
  store = memoryStore({ host })
})

describe('issue and verify', () => {
  it('is the identity on claims', async () => {
    const tokens = service()
    const claims = fc.dictionary(
      fc
        .string({ maxLength: 10 })
        .filter(
          name =>
            ![
              'iss',
              'sub',
              'aud',
              'exp',
              'nbf',
              'iat',
              'iat_err',
              'jti',
              'client_id',
              'scope',
              'status',
              '__proto__',
            ].includes(name),
        ),
      fc.jsonValue({ maxDepth: 2 }),
      { maxKeys: 5 },
    )
    // What is issued is bounded; the bound has a test of its own.
    const fitting = claims.filter(extra => JSON.stringify(extra).length < 3000)
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 50 }), fitting, async (subject, extra) => {
        const { access_token: token, jti } = await tokens.issue({ subject, claims: extra })
        const verified = await tokens.verify(token)
        const sent = JSON.parse(JSON.stringify({ ...extra, sub: subject, jti })) as object
        expect(verified.claims).toMatchObject(sent)
        expect(tokens.verifyCached(token)?.claims).toEqual(verified.claims)
      }),
      { numRuns: 50, endOnFailure: true },
    )
  })

  it('tells a duration, and lives at least that long', async () => {
    clock.set({ timeMs: startMs + 900 })
    const tokens = service({ clockTolerance: 0 })
    const { access_token: token, expires_in: expiresIn } = await tokens.issue({
      subject: 'alice',
      expiresIn: 60,
    })
    expect(expiresIn).toBe(60)
    pass(59_900)
    expect((await tokens.verify(token)).verdict).not.toBe('expired')
    pass(1300)
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'ERR_TOKEN_EXPIRED', culprit: 'none' })
  })

  it('states the bound when the issuer knows the time, and only then', async () => {
    const tokens = service()
    const known = await tokens.verify((await tokens.issue({ subject: 'alice' })).access_token)
    expect(known.claims.iat_err).toBe(0.005)
    clock.set({ status: 'unsynchronized', errorMs: Infinity })
    const unknown = await tokens.verify((await tokens.issue({ subject: 'alice' })).access_token)
    expect(unknown.claims.iat_err).toBeUndefined()
  })

  it.each([
    [{ subject: '' }, 'subject'],
    [{ subject: 'a', expiresIn: Number.NaN }, 'expiresIn'],
    [{ subject: 'a', expiresIn: 0 }, 'expiresIn'],
    [{ subject: 'a', expiresIn: '31d' }, 'expiresIn'],
    [{ subject: 'a', claims: { exp: 1 } }, 'claims'],
    [{ subject: 'a', claims: { big: 'x'.repeat(5000) } }, 'claims'],
  ])('refuses to issue %j', async (options, option) => {
    await expect(service().issue(options)).rejects.toMatchObject({ code: 'ERR_OPTION', option })
  })

  it.each([
    [{ store: undefined }, 'store'],
    [{ store: {} }, 'store'],
    [{ clock: Promise.resolve() }, 'clock'],
    [{ issuer: undefined }, 'issuer'],
  ])('is not made with %j', (options, option) => {
    const make = () => service(options as unknown as Partial<TokenServiceOptions>)
    expect(make).toThrowError(expect.objectContaining({ code: 'ERR_OPTION', option }))
  })

  it('accepts nothing that another store has issued', async () => {
    const other = service({ store: memoryStore({ host }) })
    const { access_token: token } = await other.issue({ subject: 'alice' })
    await expect(service().verify(token)).rejects.toMatchObject({
      code: 'ERR_TOKEN_KEY_UNKNOWN',
      httpStatus: 401,
    })
  })
})

describe('servers that disagree on the time', () => {
  function serverAt(offsetMs: number): TokenService {
    const wall = new ManualClock({ timeMs: startMs + offsetMs, errorMs: Infinity, status: 'unsynchronized' })
    return service({ clock: wall })
  }

  it('accept each other’s tokens, and refuse them when they are revoked', async () => {
    const servers = [-150_000, 0, 0, 180_000, 0].map(serverAt)
    for (const [number, issuer] of servers.entries()) {
      const { access_token: token, jti } = await issuer.issue({ subject: 'alice', expiresIn: 60 })
      for (const server of servers) {
        await server.verify(token)
        expect(server.verifyCached(token)?.jti).toBe(jti)
      }
      await servers[(number + 1) % servers.length]?.revoke(jti)
      for (const server of servers) {
        const refusal = { code: 'ERR_TOKEN_REVOKED', httpStatus: 401 }
        expect(() => server.verifyCached(token)).toThrow(expect.objectContaining(refusal))
        await expect(server.verify(token)).rejects.toMatchObject(refusal)
      }
    }
  })

  it('end a token’s life together, cached or not', async () => {
    const [behind, ahead, fresh] = [-150_000, 180_000, 0].map(serverAt)
    const { access_token: token } = (await ahead?.issue({ subject: 'alice', expiresIn: 60 })) ?? {
      access_token: '',
    }
    await behind?.verify(token)
    host.advance(61_100)
    await expect(behind?.verify(token)).rejects.toMatchObject({ code: 'ERR_TOKEN_EXPIRED' })
    await expect(fresh?.verify(token)).rejects.toMatchObject({ code: 'ERR_TOKEN_EXPIRED' })
  })

  it('say how far the issuer is off', async () => {
    const [behind, ahead] = [-150_000, 180_000].map(serverAt)
    const { access_token: token } = (await ahead?.issue({ subject: 'alice' })) ?? { access_token: '' }
    const { issuerOffsetMs } = (await behind?.verify(token)) ?? {}
    expect(Math.abs((issuerOffsetMs ?? 0) - 330_000)).toBeLessThanOrEqual(1000)
  })

  it('ask the store again after the machine has slept', async () => {
    const wall = new ManualClock({ timeMs: startMs, errorMs: Infinity, status: 'unsynchronized' })
    const tokens = service({ clock: wall })
    const { access_token: token } = await tokens.issue({ subject: 'alice', expiresIn: 600 })
    await tokens.verify(token)
    host.suspend(3_600_000)
    wall.advance(3_600_000)
    expect(tokens.verifyCached(token)).toBeUndefined()
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'ERR_TOKEN_EXPIRED' })
  })
})

describe('revocation', () => {
  it('of a subject reaches tokens and sessions, and not what comes later', async () => {
    const [one, two] = [service(), service()]
    const session = await one.issue({ subject: 'alice', refresh: true })
    const bob = await one.issue({ subject: 'bob' })
    await two.verify(session.access_token)
    await one.revokeSubject('alice')
    expect(two.verifyCached(session.access_token)).toBeUndefined()
    await expect(two.verify(session.access_token)).rejects.toMatchObject({ code: 'ERR_TOKEN_REVOKED' })
    await expect(two.refresh(session.refresh_token ?? '')).rejects.toMatchObject({
      code: 'ERR_REFRESH_TOKEN',
    })
    await two.verify(bob.access_token)
    await two.verify((await one.issue({ subject: 'alice' })).access_token)
  })

  it('of everything before an instant spares what came after', async () => {
    const tokens = service()
    const old = await tokens.issue({ subject: 'alice' })
    pass(10_000)
    const instant = clock.now().timeMs / 1000
    pass(10_000)
    const young = await tokens.issue({ subject: 'alice' })
    await tokens.verify(old.access_token)
    await tokens.revokeIssuedBefore(instant)
    await expect(tokens.verify(old.access_token)).rejects.toMatchObject({ code: 'ERR_TOKEN_REVOKED' })
    await tokens.verify(young.access_token)
    await expect(tokens.revokeIssuedBefore(instant + 3600)).rejects.toMatchObject({ code: 'ERR_OPTION' })
    await expect(tokens.revokeIssuedBefore(Number.NaN)).rejects.toMatchObject({ code: 'ERR_OPTION' })
  })

  it('says whether there was anything to revoke', async () => {
    const tokens = service()
    const { jti } = await tokens.issue({ subject: 'alice' })
    expect((await tokens.revoke(jti)).revoked).toBe(true)
    expect((await tokens.revoke(jti)).revoked).toBe(false)
  })
})

describe('refresh', () => {
  it('gives two tabs the same successor, and goes on from there', async () => {
    const tabs = [service(), service()]
    let { refresh_token: current = '' } =
      (await tabs[0]?.issue({ subject: 'alice', scope: 'read', refresh: true })) ?? {}
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, tab) => tabs[tab % 2]?.refresh(current)),
      )
      const successors = new Set(answers.map(answer => answer?.refresh_token))
      expect(successors.size).toBe(1)
      expect(new Set(answers.map(answer => answer?.jti)).size).toBe(50)
      for (const answer of answers) {
        expect((await tabs[0]?.verify(answer?.access_token ?? ''))?.claims.scope).toBe('read')
      }
      current = [...successors][0] ?? ''
    }
  })

  it('after the grace is a replay, which ends the session', async () => {
    const tokens = service({ refreshGrace: '10s' })
    const { refresh_token: first = '' } = await tokens.issue({ subject: 'alice', refresh: true })
    const second = await tokens.refresh(first)
    pass(10_000)
    await tokens.refresh(first)
    pass(11_000)
    await expect(tokens.refresh(first)).rejects.toMatchObject({ code: 'ERR_REFRESH_TOKEN', reused: true })
    await expect(tokens.refresh(second.refresh_token ?? '')).rejects.toMatchObject({ reused: false })
    await expect(tokens.verify(second.access_token)).rejects.toMatchObject({ code: 'ERR_TOKEN_REVOKED' })
  })

  it('of two generations ago is a replay even within the grace', async () => {
    const tokens = service()
    const { refresh_token: first = '' } = await tokens.issue({ subject: 'alice', refresh: true })
    const { refresh_token: second = '' } = await tokens.refresh(first)
    await tokens.refresh(second)
    await expect(tokens.refresh(first)).rejects.toMatchObject({ reused: true })
  })

  it('with a made-up token of a real session is refused, and the session lives', async () => {
    const tokens = service()
    const { refresh_token: real = '' } = await tokens.issue({ subject: 'alice', refresh: true })
    const made = `${real.slice(0, -43)}${'A'.repeat(43)}`
    await expect(tokens.refresh(made)).rejects.toMatchObject({ reused: false })
    await expect(tokens.revokeRefreshToken(made)).rejects.toMatchObject({ code: 'ERR_REFRESH_TOKEN' })
    await tokens.refresh(real)
  })

  it('belongs to the client that the session was given to', async () => {
    const tokens = service()
    const { refresh_token: token = '' } = await tokens.issue({
      subject: 'alice',
      clientId: 'app',
      refresh: true,
    })
    await expect(tokens.refresh(token, 'thief')).rejects.toMatchObject({ code: 'ERR_REFRESH_TOKEN' })
    await expect(tokens.refresh(token)).rejects.toMatchObject({ code: 'ERR_REFRESH_TOKEN' })
    await tokens.refresh(token, 'app')
  })

  it('ends when it is not used', async () => {
    const tokens = service({ refreshExpiresIn: '1h' })
    const { refresh_token: token = '' } = await tokens.issue({ subject: 'alice', refresh: true })
    pass(3_600_000)
    await expect(tokens.refresh(token)).rejects.toMatchObject({ code: 'ERR_REFRESH_TOKEN' })
  })
})

describe('keys', () => {
  it('rotate without a moment in which a token is refused', async () => {
    const [one, two] = [service(), service()]
    const before = await one.issue({ subject: 'alice', expiresIn: '2h' })
    const [, next] = await one.keys.rotate()
    expect(next).toMatchObject({ state: 'next', signsInSeconds: 960 })
    expect((await two.jwks()).keys).toHaveLength(2)
    expect(await two.keys.rotate()).toHaveLength(2)
    for (const wait of [0, 900_000, 59_000, 2000, 3_600_000]) {
      pass(wait)
      for (const issuer of [one, two]) {
        const { access_token: token } = await issuer.issue({ subject: 'alice' })
        await one.verify(token)
        await two.verify(token)
      }
    }
    await two.verify(before.access_token)
    expect((await two.keys.list()).map(key => key.state)).toEqual(['retired', 'signing'])
  })

  it('that leaked are dropped at once, with the tokens that they signed', async () => {
    const [one, two] = [service(), service()]
    const { access_token: token } = await one.issue({ subject: 'alice' })
    await two.verify(token)
    await one.keys.rotate({ compromised: true })
    expect(two.verifyCached(token)).toBeUndefined()
    await expect(two.verify(token)).rejects.toMatchObject({ code: 'ERR_TOKEN_KEY_UNKNOWN' })
    await two.verify((await two.issue({ subject: 'alice' })).access_token)
  })

  it('that leaked do not sign any more, on a node that only issues either', async () => {
    const [issuer, other] = [service(), service()]
    await issuer.issue({ subject: 'alice' })
    await other.keys.rotate({ compromised: true })
    const { access_token: token } = await issuer.issue({ subject: 'alice' })
    await other.verify(token)
  })

  it('that leaked are dropped by a node whose feed fails, too', async () => {
    let fails = false
    const deaf = new Proxy(store, {
      get(target, name) {
        if (name !== 'openFeed') return Reflect.get(target, name).bind(target)
        return (): ChangeFeed => {
          const feed = target.openFeed()
          const take = (): ReturnType<ChangeFeed['take']> => {
            if (fails) throw new Error('no feed')
            return feed.take()
          }
          return { take, close: () => feed.close() }
        }
      },
    })
    const [one, two] = [service(), service({ store: deaf })]
    const { access_token: token } = await one.issue({ subject: 'alice' })
    await two.verify(token)
    fails = true
    await one.keys.rotate({ compromised: true })
    await expect(two.verify(token)).rejects.toMatchObject({ code: 'ERR_TOKEN_KEY_UNKNOWN' })
  })

  it.each(['ES256', 'EdDSA', 'RS256', 'PS256', 'HS256'] as const)(
    'of %s sign and verify',
    async algorithm => {
      const tokens = service({ algorithm })
      const { access_token: token } = await tokens.issue({ subject: 'alice' })
      expect((await tokens.verify(token)).header.alg).toBe(algorithm)
      expect((await tokens.jwks()).keys.every(key => key.d === undefined && key.kty !== 'oct')).toBe(true)
    },
  )
})

describe('a store that cannot be asked', () => {
  it('is a 503 with the time to try again, and never a 401', async () => {
    const tokens = service()
    const { access_token: token } = await tokens.issue({ subject: 'alice' })
    await store.close()
    await expect(tokens.verify(token)).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      httpStatus: 503,
      retryAfterSeconds: 1,
    })
    await expect(tokens.issue({ subject: 'alice' })).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  })

  it('does not make the cache answer for it', async () => {
    let isCut = false
    const cut: TokenStore = Object.create(store, {
      openFeed: {
        value: (): ChangeFeed => {
          const feed = store.openFeed()
          return {
            take() {
              if (isCut) throw new Error('cut')
              return feed.take()
            },
            close: () => feed.close(),
          }
        },
      },
      findToken: { value: (jti: string) => store.findToken(jti) },
      wasRevoked: { value: (jti: string) => store.wasRevoked(jti) },
      addToken: { value: store.addToken.bind(store) },
      readDocument: { value: store.readDocument.bind(store) },
      writeDocument: { value: store.writeDocument.bind(store) },
    })
    const tokens = service({ store: cut })
    const { access_token: token, jti } = await tokens.issue({ subject: 'alice' })
    await tokens.verify(token)
    expect(tokens.verifyCached(token)).toBeDefined()
    isCut = true
    expect(tokens.verifyCached(token)).toBeUndefined()
    // Nothing happened meanwhile: with the keys that it has to read again, it answers as before.
    isCut = false
    await tokens.keys.signingKey()
    expect(tokens.verifyCached(token)).toBeDefined()
    isCut = true
    await tokens.verify(token)
    await store.revokeToken(jti)
    isCut = false
    expect(tokens.verifyCached(token)).toBeUndefined()
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'ERR_TOKEN_REVOKED' })
  })
})
