import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualHostClock } from '../../clock/manual.ts'
import { metadataAddresses } from './discover.ts'
import { exportJwk } from './export.ts'
import { generateKey } from './generate.ts'
import { discoveredKeys, type RemoteKeysOptions } from './remote.ts'

const key = generateKey('ES256')

describe('the addresses of metadata', () => {
  it.each([
    ['https://idp.test', ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']],
    ['https://idp.test/', ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']],
    [
      'https://idp.test/realms/demo',
      [
        '/realms/demo/.well-known/openid-configuration',
        '/.well-known/oauth-authorization-server/realms/demo',
      ],
    ],
    [
      'https://idp.test/a/?b#c',
      ['/a/.well-known/openid-configuration', '/.well-known/oauth-authorization-server/a'],
    ],
    // A path that looks like a host stays a path.
    [
      'https://idp.test//evil.test',
      ['//evil.test/.well-known/openid-configuration', '/.well-known/oauth-authorization-server//evil.test'],
    ],
  ])('of %s', (issuer, paths) => {
    expect(metadataAddresses(new URL(issuer)).map(String)).toEqual(
      paths.map(path => `https://idp.test${path}`),
    )
  })
})

describe('an issuer that is asked where its keys are', () => {
  let server: Server
  let issuer: string
  let host: ManualHostClock
  let answers: Map<string, RequestListener>
  let requests: string[]

  beforeEach(async () => {
    host = new ManualHostClock(1_800_000_000_000)
    requests = []
    server = createServer((request, response) => {
      requests.push(request.url ?? '')
      const answer = answers.get(request.url ?? '')
      if (answer === undefined) response.writeHead(404).end()
      else answer(request, response)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    answers = new Map([
      ['/.well-known/openid-configuration', json({ issuer, jwks_uri: `${issuer}/keys` })],
      ['/keys', json({ keys: [exportJwk(key)] })],
    ])
  })

  afterEach(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })

  const json =
    (body: unknown): RequestListener =>
    (_request, response) =>
      void response.end(JSON.stringify(body))

  const lookUp = (options: RemoteKeysOptions = {}) =>
    discoveredKeys(issuer, { host, ...options }).refresh(key.kid, 'ES256')

  const failure = async (options?: RemoteKeysOptions): Promise<string> => {
    const error = await lookUp(options).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE', httpStatus: 503 })
    return String(Object(Object(error).cause).message)
  }

  it('says it by OpenID Connect Discovery', async () => {
    expect((await lookUp())?.kid).toBe(key.kid)
    expect(requests).toEqual(['/.well-known/openid-configuration', '/keys'])
  })

  it('says it by RFC 8414', async () => {
    answers.delete('/.well-known/openid-configuration')
    answers.set('/.well-known/oauth-authorization-server', json({ issuer, jwks_uri: `${issuer}/keys` }))
    expect((await lookUp())?.kid).toBe(key.kid)
  })

  it('may begin what it says with a byte order mark', async () => {
    for (const [path, answer] of answers) {
      answers.set(path, (request, response) => {
        response.write('\uFEFF')
        answer(request, response)
      })
    }
    expect(await lookUp()).toMatchObject({ kid: key.kid })
  })

  it('is asked again when the keys are: they may have moved', async () => {
    const keys = discoveredKeys(issuer, { host })
    await keys.refresh(key.kid, 'ES256')
    answers.set('/.well-known/openid-configuration', json({ issuer, jwks_uri: `${issuer}/moved` }))
    answers.set('/moved', json({ keys: [] }))
    host.advance(600_000)
    expect(keys.find(key.kid, 'ES256')).toBeUndefined()
    expect(await keys.refresh(key.kid, 'ES256')).toBeUndefined()
    expect(requests.slice(2)).toEqual(['/.well-known/openid-configuration', '/moved'])
  })

  it.each<[string, (own: string) => unknown, RegExp]>([
    [
      'another issuer',
      own => ({ issuer: `${own}/`, jwks_uri: `${own}/keys` }),
      /is the metadata of the issuer "http.*\/"/,
    ],
    ['no issuer', own => ({ jwks_uri: `${own}/keys` }), /of the issuer undefined/],
    ['no address', own => ({ issuer: own }), /names no "jwks_uri"/],
    ['what is no address', own => ({ issuer: own, jwks_uri: 'keys' }), /names no "jwks_uri"/],
    ['an unsafe address', own => ({ issuer: own, jwks_uri: 'http://keys.test' }), /is not https/],
    ['a list', () => [], /of the issuer undefined/],
    ['nothing', () => null, /of the issuer undefined/],
  ])('is not believed when it names %s', async (_name, metadata, problem) => {
    answers.set('/.well-known/openid-configuration', json(metadata(issuer)))
    expect(await failure()).toMatch(problem)
    expect(requests).toEqual(['/.well-known/openid-configuration'])
  })

  it.each<[string, RequestListener, RegExp]>([
    ['no JSON', (_request, response) => void response.end('<html>'), /JSON/],
    ['too much', (_request, response) => void response.end(' '.repeat(5000)), /larger than 4096 bytes/],
    ['nothing at all', () => {}, /timeout/],
    [
      'a redirect, here and by RFC 8414',
      (_request, response) => void response.writeHead(302, { location: '/keys' }).end(),
      /status 404/,
    ],
  ])('is a 503 when it answers %s', async (_name, answer, problem) => {
    answers.set('/.well-known/openid-configuration', answer)
    expect(await failure({ maxBytes: 4096, timeout: '200ms' })).toMatch(problem)
  })

  it('may be asked by another fetch', async () => {
    const asked: string[] = []
    const found = await lookUp({
      fetch: async (address, init) => {
        asked.push(address)
        return fetch(address, init)
      },
    })
    expect([found?.kid, asked.length]).toEqual([key.kid, 2])
  })

  it.each(['https-less', 'http://idp.test', 'ftp://127.0.0.1'])(
    'has to be an address that is safe: %s',
    text => {
      expect(() => discoveredKeys(text)).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION', option: 'issuer' }),
      )
    },
  )
})
