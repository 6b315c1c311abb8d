import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualHostClock } from '../../clock/manual.ts'
import { OptionError } from '../../time/index.ts'
import { exportJwk } from './export.ts'
import { generateKey } from './generate.ts'
import { type RemoteKeysOptions, remoteKeys } from './remote.ts'
import type { KeySource } from './source.ts'

const first = generateKey('ES256')
const second = generateKey('EdDSA')
const minute = 60_000

let server: Server
let url: string
let host: ManualHostClock
let requests: number
let answer: RequestListener

beforeEach(async () => {
  host = new ManualHostClock(1_800_000_000_000)
  host.advance(3_600_000)
  requests = 0
  publish(exportJwk(first))
  server = createServer((request, response) => {
    requests += 1
    answer(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

function publish(...keys: unknown[]): void {
  respond(200, JSON.stringify({ keys }))
}

function respond(status: number, body: string): void {
  answer = (_request, response) => void response.writeHead(status).end(body)
}

function source(options: RemoteKeysOptions = {}): KeySource {
  return remoteKeys(url, { host, ...options })
}

/** As a verifier does. */
async function lookUp(keys: KeySource, kid: string | undefined, alg = 'ES256') {
  return keys.find(kid, alg) ?? (await keys.refresh(kid, alg))
}

const unavailable = expect.objectContaining({ code: 'ERR_KEYS_UNAVAILABLE', httpStatus: 503 })

describe('a key set that can be fetched', () => {
  it('is fetched when it is first needed, once', async () => {
    const keys = source()
    expect(keys.find(first.kid, 'ES256')).toBeUndefined()
    const found = await Promise.all([1, 2, 3].map(() => lookUp(keys, first.kid)))
    expect(found.map(key => key?.kid)).toEqual([first.kid, first.kid, first.kid])
    expect(keys.find(undefined, 'ES256')).toBe(found[0])
    expect(requests).toBe(1)
  })

  it('is fetched again for an unknown key, but not before the cooldown is over', async () => {
    const keys = source()
    await lookUp(keys, first.kid)
    publish(exportJwk(first), exportJwk(second))
    host.advance(29_999)
    expect(await lookUp(keys, second.kid, 'EdDSA')).toBeUndefined()
    expect(requests).toBe(1)
    host.advance(1)
    const found = await Promise.all([1, 2, 3].map(() => lookUp(keys, second.kid, 'EdDSA')))
    expect(found.map(key => key?.kid)).toEqual([second.kid, second.kid, second.kid])
    for (let i = 0; i < 10; i++) expect(await lookUp(keys, `made up ${i}`)).toBeUndefined()
    expect(requests).toBe(2)
  })

  it('holds a key that is listed twice, and none of two that share a name', async () => {
    publish(exportJwk(first), { ...exportJwk(first), x5t: 'thumbprint' })
    expect((await lookUp(source(), first.kid))?.kid).toBe(first.kid)
    publish(exportJwk(first), { ...exportJwk(generateKey('ES256')), kid: first.kid })
    expect(await lookUp(source(), first.kid)).toBeUndefined()
  })

  it('is kept as long as it may be, whatever the wall clock does', async () => {
    const keys = source()
    const before = await lookUp(keys, first.kid)
    publish(exportJwk(second))
    host.advance(10 * minute - 1)
    host.step(-86_400_000)
    expect(keys.find(first.kid, 'ES256')).toBe(before)
    host.step(7 * 86_400_000)
    expect(keys.find(first.kid, 'ES256')).toBe(before)
    host.advance(1)
    expect(keys.find(first.kid, 'ES256')).toBeUndefined()
    expect(await lookUp(keys, first.kid)).toBeUndefined()
    expect(requests).toBe(2)
  })

  it('gives the same objects for keys that have not changed', async () => {
    const keys = source()
    const before = await lookUp(keys, first.kid)
    publish(exportJwk(second), exportJwk(first))
    host.advance(10 * minute)
    expect(await lookUp(keys, first.kid)).toBe(before)
    publish({ ...exportJwk(generateKey('ES256')), kid: first.kid })
    host.advance(10 * minute)
    expect(await lookUp(keys, first.kid)).not.toBe(before)
  })

  it('notices when a key goes by another name, or is for another algorithm', async () => {
    const jwk = exportJwk(generateKey('RS256'))
    publish({ ...jwk, kid: 'old' })
    const keys = source()
    expect((await lookUp(keys, 'old', 'RS256'))?.alg).toBe('RS256')
    publish({ ...jwk, kid: 'new' })
    host.advance(10 * minute)
    expect((await lookUp(keys, 'new', 'RS256'))?.kid).toBe('new')
    publish({ ...jwk, kid: 'new', alg: 'PS256' })
    host.advance(10 * minute)
    expect((await lookUp(keys, 'new', 'PS256'))?.alg).toBe('PS256')
  })

  it('is not used while it is looked whether it still holds', async () => {
    const keys = source()
    await lookUp(keys, first.kid)
    publish(exportJwk(second))
    host.advance(10 * minute)
    const refreshed = keys.refresh(first.kid, 'ES256')
    expect(keys.find(first.kid, 'ES256')).toBeUndefined()
    expect(await refreshed).toBeUndefined()
  })

  it('is used for the keys in it that can be used', async () => {
    const { kid: _, ...withoutKid } = exportJwk(first)
    publish(
      { ...exportJwk(generateKey('RS256')), use: 'enc', kid: 'encrypts' },
      exportJwk(generateKey('HS256'), 'private'),
      { kty: 'EC', crv: 'P-384', x: 'AA', y: 'AA', kid: 'curve' },
      { kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: 'short' },
      { kty: 'RSA', kid: 7 },
      { kty: 'unknown' },
      {},
      withoutKid,
    )
    const keys = source()
    expect((await lookUp(keys, undefined))?.kid).toBe(first.kid)
    for (const [kid, alg] of [
      ['encrypts', 'RS256'],
      [undefined, 'HS256'],
      ['curve', 'ES384'],
      ['short', 'RS256'],
    ] as const) {
      expect(await lookUp(keys, kid, alg)).toBeUndefined()
    }
  })

  it('never gives a private key', async () => {
    publish(exportJwk(first, 'private'))
    expect((await lookUp(source(), first.kid))?.verifyWith.type).toBe('public')
  })
})

describe('an endpoint that cannot be reached', () => {
  it('is a 503 with the time to try again, and never a 401', async () => {
    respond(500, '')
    const keys = source()
    await expect(lookUp(keys, first.kid)).rejects.toEqual(unavailable)
    await expect(lookUp(keys, first.kid)).rejects.toMatchObject({
      message: expect.stringContaining('cannot be fetched'),
      retryAfterSeconds: 1,
      cause: expect.any(Error),
    })
    expect(requests).toBe(1)
    publish(exportJwk(first))
    host.advance(1000)
    expect((await lookUp(keys, first.kid))?.kid).toBe(first.kid)
  })

  it('does not take away the keys that are known, up to a limit', async () => {
    const keys = source({ staleMaxAge: '1h' })
    await lookUp(keys, first.kid)
    respond(500, '')
    host.advance(10 * minute)
    expect((await lookUp(keys, first.kid))?.kid).toBe(first.kid)
    expect(requests).toBe(2)
    for (let elapsed = 10 * minute; elapsed < 60 * minute; elapsed += minute) {
      expect((await lookUp(keys, first.kid))?.kid).toBe(first.kid)
      await expect(keys.refresh('unknown', 'ES256')).rejects.toEqual(unavailable)
      host.advance(minute)
    }
    await expect(lookUp(keys, first.kid)).rejects.toEqual(unavailable)
    publish(exportJwk(first))
    host.advance(1000)
    expect((await lookUp(keys, first.kid))?.kid).toBe(first.kid)
  })

  it('is asked again in the background, and nobody waits', async () => {
    const keys = source()
    await lookUp(keys, first.kid)
    respond(500, '')
    host.advance(10 * minute)
    await lookUp(keys, first.kid)
    host.advance(1000)
    publish(exportJwk(second))
    expect(keys.find(first.kid, 'ES256')?.kid).toBe(first.kid)
    expect((await keys.refresh(second.kid, 'EdDSA'))?.kid).toBe(second.kid)
    expect(keys.find(first.kid, 'ES256')).toBeUndefined()
    expect(requests).toBe(3)
  })

  it('is not taken for down because it was, long ago', async () => {
    const keys = source()
    await lookUp(keys, first.kid)
    respond(500, '')
    host.advance(10 * minute)
    await lookUp(keys, first.kid)
    publish(exportJwk(second))
    host.advance(60 * minute)
    expect(keys.find(first.kid, 'ES256')).toBeUndefined()
    expect(await lookUp(keys, first.kid)).toBeUndefined()
  })

  it('is not asked more than once a second', async () => {
    respond(500, '')
    const keys = source()
    for (let i = 0; i < 40; i++) {
      await expect(lookUp(keys, first.kid)).rejects.toEqual(unavailable)
      host.advance(100)
    }
    expect(requests).toBe(4)
  })

  it.each<[string, RequestListener]>([
    ['404', (_request, response) => void response.writeHead(404).end('{"keys":[]}')],
    [
      'a redirect',
      (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
    ],
    ['204', (_request, response) => void response.writeHead(204).end()],
    ['an empty answer', (_request, response) => void response.end()],
    ['no JSON', (_request, response) => void response.end('<html>')],
    ['no key set', (_request, response) => void response.end('{"keys":{}}')],
    ['a key that is no object', (_request, response) => void response.end('{"keys":[1]}')],
    ['a connection that is cut', (request, _response) => void request.socket.destroy()],
    [
      'an answer that is cut',
      (request, response) => {
        response.writeHead(200, { 'content-length': 1000 })
        response.write('{"keys":[', () => request.socket.destroy())
      },
    ],
    [
      'an answer that is too large',
      (_request, response) => void response.end(`{"keys":[]}${' '.repeat(5000)}`),
    ],
    [
      'an answer without end',
      (_request, response) => {
        const more = () => void (response.destroyed || response.write(' '.repeat(1000), more))
        more()
      },
    ],
    ['silence', () => {}],
    ['a header and then silence', (_request, response) => void response.write('{"keys":[')],
  ])('also when it gives %s', async (_name, listener) => {
    answer = listener
    const keys = source({ timeout: '200ms', maxBytes: 4096 })
    await expect(lookUp(keys, first.kid)).rejects.toEqual(unavailable)
  })

  it('takes an answer of just the permitted size', async () => {
    const body = JSON.stringify({ keys: [exportJwk(first)] })
    respond(200, body)
    expect((await lookUp(source({ maxBytes: body.length }), first.kid))?.kid).toBe(first.kid)
    await expect(lookUp(source({ maxBytes: body.length - 1 }), first.kid)).rejects.toEqual(unavailable)
  })
})

describe('the options', () => {
  it('let another fetch be used', async () => {
    const asked: string[] = []
    const keys = remoteKeys('https://issuer.test/jwks.json', {
      host,
      fetch: async resource => {
        asked.push(resource)
        return Response.json({ keys: [exportJwk(first)] })
      },
    })
    expect((await lookUp(keys, first.kid))?.kid).toBe(first.kid)
    expect(asked).toEqual(['https://issuer.test/jwks.json'])
  })

  it.each([
    'https://issuer.test',
    'http://localhost:1/',
    'http://127.0.0.1',
    'http://127.1',
    'http://127.10.20.30',
    'http://[::1]:1/',
  ])('accept %s', address => {
    expect(() => remoteKeys(address, { host })).not.toThrow()
  })

  it.each([
    'http://issuer.test',
    'http://127.evil.test',
    'http://127.0.0.1.evil.test',
    'http://126.0.0.1',
    'http://localhost.evil.test',
    'ftp://127.0.0.1',
    'file:///etc/passwd',
    'issuer.test',
    '',
  ])('refuse %s', address => {
    expect(() => remoteKeys(address, { host })).toThrow(
      expect.objectContaining({
        name: 'OptionError',
        option: 'jwksUri',
        message: expect.stringMatching(/: ./),
      }),
    )
  })

  it('permit http elsewhere when they say so', () => {
    expect(() => remoteKeys('http://issuer.test', { host, allowHttp: true })).not.toThrow()
    expect(() => remoteKeys('ftp://issuer.test', { host, allowHttp: true })).toThrow(OptionError)
  })

  it.each<[string, RemoteKeysOptions]>([
    ['cacheMaxAge', { cacheMaxAge: Number.NaN }],
    ['cacheMaxAge', { cacheMaxAge: -1 }],
    ['cooldown', { cooldown: '11m' }],
    ['staleMaxAge', { staleMaxAge: '9m' }],
    ['timeout', { timeout: 0 }],
    ['timeout', { timeout: Number.POSITIVE_INFINITY }],
    ['maxBytes', { maxBytes: 0 }],
    ['maxBytes', { maxBytes: Number.NaN }],
  ])('are checked: %s, %j', (option, options) => {
    const refusal = expect.objectContaining({
      name: 'OptionError',
      option,
      message: expect.stringMatching(/: ./),
    })
    expect(() => source(options)).toThrow(refusal)
  })

  it.each([{ cacheMaxAge: '10s' }, { cacheMaxAge: '2d' }])('fit together by default: %j', options => {
    expect(() => source(options)).not.toThrow()
  })
})
