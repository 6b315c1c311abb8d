import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ManualClock, ManualHostClock } from '../../clock/manual.ts'
import { memoryStore } from '../../stores/memory/index.ts'
import { decodeToken } from '../jws/index.ts'
import { generateKey } from '../keys/index.ts'
import { createTokenService } from '../service.ts'
import type { TokenStore } from '../store.ts'
import type { TokenService, TokenServiceOptions } from '../token-service.ts'
import { readStatus, type StatusReference } from './reference.ts'
import { decodeStatusList, statusAt, statusCount } from './status-list.ts'

// Signs many tokens, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 })

const startMs = 1_800_000_000_000
const base = 'https://issuer.test/.well-known/status/'
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
    statusList: { size: 1024 },
    ...options,
  })
}

function pass(ms: number): void {
  host.advance(ms)
  clock.advance(ms)
}

/** Where a token says that its status is. */
function referenceOf(token: string): StatusReference {
  const reference = readStatus(decodeToken(token).claims)
  if (reference === undefined) throw new Error('the token names no status list')
  return reference
}

function idOf({ uri }: StatusReference): string {
  return uri.slice(base.length)
}

async function publishedClaims(tokens: TokenService, reference: StatusReference) {
  const published = await tokens.statusList(idOf(reference))
  if (published === undefined) throw new Error('the list is not published')
  return decodeToken(published.token, 1e6)
}

async function statusOf(tokens: TokenService, token: string): Promise<number | undefined> {
  const reference = referenceOf(token)
  const { claims } = await publishedClaims(tokens, reference)
  return statusAt(decodeStatusList(claims['status_list']), reference.index)
}

async function issueMany(tokens: TokenService, count: number, expiresIn = 3600): Promise<StatusReference[]> {
  const issued = Array.from({ length: count }, () => tokens.issue({ subject: 'alice', expiresIn }))
  return (await Promise.all(issued)).map(({ access_token: token }) => referenceOf(token))
}

beforeEach(() => {
  host = new ManualHostClock(startMs)
  clock = new ManualClock({ timeMs: startMs, errorMs: 5 })
  store = memoryStore({ host })
})

describe('a service with status lists', () => {
  it('gives each token a place of its own, whoever issues at once', async () => {
    const services = [service(), service(), service()]
    const places = (await Promise.all(services.map(tokens => issueMany(tokens, 250)))).flat()
    expect(new Set(places.map(({ uri, index }) => `${uri} ${index}`)).size).toBe(750)
    expect(new Set(places.map(({ uri }) => uri)).size).toBe(1)
    expect(places.every(({ uri, index }) => uri.startsWith(base) && index < 1024)).toBe(true)
  })

  it('gives the places in no order', async () => {
    const tokens = service()
    const indices = (await issueMany(tokens, 256)).map(({ index }) => index)
    const rising = indices.filter((index, at) => index > (indices[at - 1] ?? 0)).length
    expect(Math.abs(rising - 128)).toBeLessThan(60)
  })

  it('goes on where it was when it starts again, with other places', async () => {
    const before = await issueMany(service(), 100)
    const after = await issueMany(service(), 100)
    const names = [...before, ...after].map(({ uri, index }) => `${uri} ${index}`)
    expect(new Set(names).size).toBe(200)
    expect(new Set([...before, ...after].map(({ uri }) => uri)).size).toBe(1)
  })

  it('puts tokens that live long on other lists than those that do not, and begins new ones', async () => {
    const tokens = service()
    const uris = []
    for (const expiresIn of [60, 3600, 3601, 86_400, 86_401, 30 * 86_400]) {
      uris.push((await issueMany(tokens, 1, expiresIn))[0]?.uri)
    }
    expect(uris[0]).toBe(uris[1])
    expect(uris[2]).toBe(uris[3])
    expect(uris[4]).toBe(uris[5])
    expect(new Set(uris).size).toBe(3)
    pass(3_600_000)
    expect((await issueMany(tokens, 1))[0]?.uri).not.toBe(uris[0])
    expect((await issueMany(tokens, 1, 86_400))[0]?.uri).toBe(uris[2])
  })

  it('begins a new list also after a suspend', async () => {
    const tokens = service()
    const [before] = await issueMany(tokens, 1)
    host.suspend(3_600_000)
    const [after] = await issueMany(tokens, 1)
    expect(after?.uri).not.toBe(before?.uri)
  })

  it('gives another place when one turns out to be taken, also to a token with a session', async () => {
    const addToken = vi.spyOn(store, 'addToken')
    const tokens = service()
    for (const refresh of [false, true]) {
      addToken.mockResolvedValueOnce(false).mockResolvedValueOnce(false)
      const { access_token: token } = await tokens.issue({ subject: 'alice', refresh })
      expect((await tokens.verify(token)).claims.sub).toBe('alice')
    }
    addToken.mockResolvedValue(false)
    await expect(tokens.issue({ subject: 'alice' })).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    await expect(tokens.issue({ subject: 'alice', refresh: true })).rejects.toMatchObject({
      code: 'ERR_REFRESH_TOKEN',
    })
  })

  it('keeps what its callers say out of the claim', async () => {
    await expect(
      service().issue({ subject: 'alice', claims: { status: { status_list: {} } } }),
    ).rejects.toMatchObject({ code: 'ERR_OPTION', option: 'claims' })
  })

  it('carries nothing and publishes nothing unless it is asked to', async () => {
    const tokens = service({ statusList: false })
    const { access_token: token } = await tokens.issue({ subject: 'alice' })
    expect(decodeToken(token).claims).not.toHaveProperty('status')
    expect(await tokens.statusList('anything')).toBeUndefined()
  })

  it.each([
    ['an issuer that is no URL', { issuer: 'me', statusList: true }],
    ['no issuer', { issuer: '', statusList: true }],
    ['an address without a slash', { statusList: { baseUri: 'https://cdn.test/lists' } }],
    ['an address that is no URL', { statusList: { baseUri: 'lists/' } }],
    ['a ttl of 0', { statusList: { ttl: 0 } }],
    ['a size below 1024', { statusList: { size: 1023 } }],
    ['a size that is none', { statusList: { size: Number.NaN } }],
  ])('refuses %s', (_, options) => {
    expect(() => service(options)).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }))
  })
})

describe('a published list', () => {
  it('is a Status List Token of the service', async () => {
    const tokens = service({ statusList: { ttl: '10s', size: 2048 } })
    const [reference] = await issueMany(tokens, 1)
    if (reference === undefined) throw new Error('nothing was issued')
    const { header, claims } = await publishedClaims(tokens, reference)
    expect(header).toMatchObject({ typ: 'statuslist+jwt', alg: 'ES256' })
    expect(claims).toMatchObject({
      iss: 'https://issuer.test',
      sub: reference.uri,
      iat: startMs / 1000,
      exp: startMs / 1000 + 100,
      iat_err: 0.005,
      ttl: 10,
    })
    expect(statusCount(decodeStatusList(claims['status_list']))).toBe(2048)
  })

  it('shows what was revoked, in every way there is, and nothing else', async () => {
    const tokens = service()
    const issue = async (subject: string, refresh = false) => tokens.issue({ subject, refresh })
    const kept = await issue('kept')
    const byId = await issue('alice')
    const bySubject = await issue('bob')
    const bySession = await issue('carol', true)
    const all = [kept, byId, bySubject, bySession].map(({ access_token: token }) => token)
    expect(await Promise.all(all.map(token => statusOf(tokens, token)))).toEqual([0, 0, 0, 0])
    await tokens.revoke(byId.jti)
    await tokens.revokeSubject('bob')
    await tokens.revokeRefreshToken(bySession.refresh_token ?? '')
    pass(1000)
    expect(await Promise.all(all.map(token => statusOf(tokens, token)))).toEqual([0, 1, 1, 1])
    pass(10_000)
    await tokens.revokeIssuedBefore(startMs / 1000 + 1)
    expect(await Promise.all(all.map(token => statusOf(tokens, token)))).toEqual([1, 1, 1, 1])
  })

  it('is the same in a service that starts later', async () => {
    const first = service()
    const { access_token: token, jti } = await first.issue({ subject: 'alice' })
    await first.revoke(jti)
    first.close()
    expect(await statusOf(service(), token)).toBe(1)
  })

  it('is late by a second at most when something was revoked', async () => {
    const tokens = service()
    const { access_token: token, jti } = await tokens.issue({ subject: 'alice' })
    expect(await statusOf(tokens, token)).toBe(0)
    pass(500)
    await tokens.revoke(jti)
    pass(500)
    expect(await statusOf(tokens, token)).toBe(1)
  })

  it('is given out as it was until half of its ttl is over, and then signed anew', async () => {
    const tokens = service({ statusList: { ttl: '10s', size: 1024 } })
    const [reference] = await issueMany(tokens, 1)
    const id = idOf(reference ?? { uri: base, index: 0 })
    const first = await tokens.statusList(id)
    pass(4999)
    expect(await tokens.statusList(id)).toBe(first)
    pass(1)
    const second = await tokens.statusList(id)
    expect(second?.tag).not.toBe(first?.tag)
    expect(decodeToken(second?.token, 1e6).claims['iat']).toBe(startMs / 1000 + 5)
  })

  it('is signed anew at once when its key has leaked', async () => {
    const tokens = service()
    const { access_token: token } = await tokens.issue({ subject: 'alice' })
    const before = await publishedClaims(tokens, referenceOf(token))
    await tokens.keys.rotate({ compromised: true })
    const after = await publishedClaims(tokens, referenceOf(token))
    expect(after.header.kid).not.toBe(before.header.kid)
  })

  it('is none of a list that nobody has, or whose tokens have all died', async () => {
    const tokens = service()
    const [reference] = await issueMany(tokens, 1)
    const id = idOf(reference ?? { uri: base, index: 0 })
    for (const other of ['', 'nobody', '__proto__', `${id}x`]) {
      expect(await tokens.statusList(other)).toBeUndefined()
    }
    pass(2 * 3_600_000 + 300_000)
    await issueMany(tokens, 1)
    expect(await tokens.statusList(id)).toBeUndefined()
  })

  it('is not published by a service that cannot tell what was revoked', async () => {
    const tokens = service()
    const [reference] = await issueMany(tokens, 1)
    const id = idOf(reference ?? { uri: base, index: 0 })
    await tokens.statusList(id)
    await store.close()
    await expect(tokens.statusList(id)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  })

  it('lies where the service says', async () => {
    const tokens = service({ issuer: 'me', statusList: { baseUri: 'https://cdn.test/lists/' } })
    const { access_token: token } = await tokens.issue({ subject: 'alice' })
    const { uri } = referenceOf(token)
    expect(uri).toMatch(/^https:\/\/cdn\.test\/lists\/[\w-]{12}$/)
    expect(await tokens.statusList(uri.slice(-12))).toBeDefined()
  })

  it('is signed with keys that the service was given', async () => {
    const key = generateKey('EdDSA')
    const keys = {
      find: () => key,
      refresh: async () => key,
      signingKey: async () => key,
      publicJwks: async () => [],
      list: async () => [],
      rotate: async () => [],
      invalidate: () => {},
    }
    const tokens = service({ keys })
    const { access_token: token } = await tokens.issue({ subject: 'alice' })
    expect((await publishedClaims(tokens, referenceOf(token))).header.kid).toBe(key.kid)
  })
})
