import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { deflateSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ManualClock, ManualHostClock } from '../../clock/manual.ts'
import { memoryStore } from '../../stores/memory/index.ts'
import { createVerifier, type VerifierOptions } from '../create-verifier.ts'
import { signToken } from '../jws/index.ts'
import { generateKey, type KeySource, type SigningKey, staticKeys } from '../keys/index.ts'
import type { Verifier } from '../verifier.ts'
import type { StatusListOptions } from './remote-lists.ts'
import { createStatusList, encodeStatusList, type StatusList, setStatus } from './status-list.ts'

const key = generateKey('ES256')
const nowSeconds = 1_800_000_000
const issuer = 'https://idp.test'
const uri = `${issuer}/lists/1`

let host: ManualHostClock
let clock: ManualClock
let list: StatusList
let requests: number
/** What the list's address answers. */
let answer: (init: RequestInit) => Promise<Response>

beforeEach(() => {
  host = new ManualHostClock(nowSeconds * 1000)
  host.advance(3_600_000)
  clock = new ManualClock({ timeMs: nowSeconds * 1000, errorMs: 0 })
  list = createStatusList(1, 1024)
  requests = 0
  publish()
})

/** Time passes for everybody. */
function pass(seconds: number): void {
  host.advance(seconds * 1000)
  clock.advance(seconds * 1000)
}

function nowSecondsOfClock(): number {
  return Math.floor(clock.now().timeMs / 1000)
}

interface Changes {
  readonly claims?: object
  readonly header?: object
  readonly key?: SigningKey
}

/** The list as the issuer signs it at this moment. */
function signedList({ claims, header, key: other = key }: Changes = {}): string {
  const iat = nowSecondsOfClock()
  const all = {
    iss: issuer,
    sub: uri,
    iat,
    exp: iat + 300,
    iat_err: 0,
    ttl: 30,
    status_list: encodeStatusList(list),
    ...claims,
  }
  return signToken(other, { typ: 'statuslist+jwt', ...header }, { ...all })
}

function publish(changes: Changes = {}): void {
  answer = async () => new Response(signedList(changes))
}

function fail(): void {
  answer = async () => {
    throw new Error('nobody is there')
  }
}

function verifier(options: StatusListOptions = {}, others: Partial<VerifierOptions> = {}): Verifier {
  const statusList: StatusListOptions = {
    fetch: async (address, init) => {
      requests += 1
      expect(address).toBe(uri)
      return answer(init)
    },
    ...options,
  }
  return createVerifier({ issuer, audience: 'api', keys: [key], clock, host, statusList, ...others })
}

function token(status: unknown = { status_list: { idx: 7, uri } }, claims: object = {}): string {
  const iat = nowSecondsOfClock()
  const all = { iss: issuer, aud: 'api', sub: 'alice', iat, exp: iat + 86_400, iat_err: 0, status, ...claims }
  return signToken(key, { typ: 'at+jwt' }, all)
}

/** As a request is judged: by what is at hand, if that is enough. */
async function use(tokens: Verifier, text: string): Promise<string> {
  try {
    const { verdict } = tokens.verifyCached(text) ?? (await tokens.verify(text))
    return verdict
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'something else'
  }
}

describe('a verifier with status lists', () => {
  it('accepts what is valid on its list, and fetches the list once', async () => {
    const tokens = verifier()
    const texts = [token(), token({ status_list: { idx: 8, uri } })]
    expect(await Promise.all([...texts, ...texts].map(text => use(tokens, text)))).toEqual(
      new Array(4).fill('valid'),
    )
    expect(tokens.verifyCached(texts[0] ?? '')?.claims.sub).toBe('alice')
    expect(requests).toBe(1)
  })

  it.each([
    [1, 1],
    [2, 1],
    [2, 2],
    [4, 11],
    [8, 255],
  ] as const)('refuses, on a list of %d bits, a token of status %d', async (bits, status) => {
    list = createStatusList(bits, 64)
    setStatus(list, 7, status)
    const tokens = verifier()
    expect(await use(tokens, token())).toBe('ERR_TOKEN_REVOKED')
    expect(await use(tokens, token({ status_list: { idx: 6, uri } }))).toBe('valid')
  })

  it('refuses what is revoked later when its ttl is over, after a fetch in the background', async () => {
    const tokens = verifier()
    const text = token()
    expect(await use(tokens, text)).toBe('valid')
    setStatus(list, 7, 1)
    pass(29)
    expect(await use(tokens, text)).toBe('valid')
    expect(requests).toBe(1)
    pass(1)
    expect(tokens.verifyCached(text)?.verdict).toBe('valid')
    await vi.waitFor(() =>
      expect(() => tokens.verifyCached(text)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_REVOKED' })),
    )
    expect(requests).toBe(2)
  })

  it('waits for the fetch when nobody has asked for twice the ttl', async () => {
    const tokens = verifier()
    const text = token()
    await use(tokens, text)
    setStatus(list, 7, 1)
    pass(60)
    expect(tokens.verifyCached(text)).toBeUndefined()
    expect(await use(tokens, text)).toBe('ERR_TOKEN_REVOKED')
  })

  it('goes by a list that it cannot fetch again, for the stated time, and then by none', async () => {
    const tokens = verifier({ maxStaleness: '5m' })
    const text = token()
    await use(tokens, text)
    fail()
    pass(60)
    expect(await use(tokens, text)).toBe('valid')
    pass(239)
    expect(await use(tokens, text)).toBe('valid')
    pass(1)
    expect(await use(tokens, text)).toBe('ERR_STORE_UNAVAILABLE')
    await expect(tokens.verify(text)).rejects.toMatchObject({
      httpStatus: 503,
      retryAfterSeconds: 1,
      message: "the token's status list is unavailable: nobody is there",
    })
    publish()
    pass(1)
    expect(await use(tokens, text)).toBe('valid')
  })

  it('counts the age of a list from when it was signed, whatever answers with it', async () => {
    const old = signedList({ claims: { exp: nowSeconds + 86_400 } })
    pass(200)
    answer = async () => new Response(old)
    const tokens = verifier({ maxStaleness: '5m' })
    const text = token()
    expect(await use(tokens, text)).toBe('valid')
    pass(99)
    expect(await use(tokens, text)).toBe('valid')
    pass(2)
    expect(await use(tokens, text)).toBe('ERR_STORE_UNAVAILABLE')
  })

  it('keeps the newer of two lists', async () => {
    const old = signedList()
    pass(10)
    setStatus(list, 7, 1)
    const tokens = verifier()
    expect(await use(tokens, token())).toBe('ERR_TOKEN_REVOKED')
    answer = async () => new Response(old)
    pass(60)
    expect(await use(tokens, token())).toBe('ERR_TOKEN_REVOKED')
  })

  it('asks once a second at most while it cannot', async () => {
    fail()
    const tokens = verifier()
    for (let step = 0; step < 10; step += 1) {
      expect(await use(tokens, token())).toBe('ERR_STORE_UNAVAILABLE')
      pass(0.5)
    }
    expect(requests).toBe(5)
  })

  it('fetches again when its clock and the monotonic clock have parted, as after a suspend', async () => {
    const tokens = verifier()
    const text = token()
    await use(tokens, text)
    setStatus(list, 7, 1)
    host.advance(2000)
    clock.advance(12_000)
    expect(await use(tokens, text)).toBe('ERR_TOKEN_REVOKED')
  })

  it('fetches nothing for a token that is not good', async () => {
    const tokens = verifier()
    const other = generateKey('ES256')
    const iat = nowSeconds
    const status = { status_list: { idx: 7, uri } }
    const forged = signToken(other, {}, { iss: issuer, aud: 'api', iat, exp: iat + 60, status })
    expect(await use(tokens, forged)).toBe('ERR_TOKEN_KEY_UNKNOWN')
    expect(await use(tokens, token(status, { exp: iat - 1, iat: iat - 60 }))).toBe('ERR_TOKEN_EXPIRED')
    expect(await use(tokens, token(status, { aud: 'other' }))).toBe('ERR_TOKEN_CLAIM')
    expect(requests).toBe(0)
  })

  it('judges what has expired as expired, not as revoked', async () => {
    setStatus(list, 7, 1)
    const text = token(undefined, { exp: nowSeconds + 60 })
    pass(61)
    expect(await use(verifier(), text)).toBe('ERR_TOKEN_EXPIRED')
  })

  it('relies on no list whose key has been dropped', async () => {
    const second = generateKey('ES256')
    let keys = staticKeys([key, second])
    const source: KeySource = {
      find: (kid, alg) => keys.find(kid, alg),
      refresh: (kid, alg) => keys.refresh(kid, alg),
    }
    publish({ key: second })
    const tokens = verifier({}, { keys: source })
    const text = token()
    expect(await use(tokens, text)).toBe('valid')
    keys = staticKeys([key])
    expect(tokens.verifyCached(text)).toBeUndefined()
    expect(await use(tokens, text)).toBe('ERR_STORE_UNAVAILABLE')
    publish()
    pass(1)
    expect(await use(tokens, text)).toBe('valid')
  })

  it('keeps as many lists as it may', async () => {
    const seen: string[] = []
    const tokens = verifier({
      maxLists: 2,
      fetch: async address => {
        seen.push(address.slice(-1))
        return new Response(signedList({ claims: { sub: address } }))
      },
    })
    const texts = [1, 2, 3].map(number =>
      token({ status_list: { idx: 7, uri: `${issuer}/lists/${number}` } }),
    )
    for (const text of [...texts, ...texts.slice(1), ...texts.slice(0, 1)]) {
      expect(await use(tokens, text)).toBe('valid')
    }
    expect(seen).toEqual(['1', '2', '3', '1'])
  })
})

describe('what a token says of its status', () => {
  it.each([
    ['nothing', undefined],
    ['another mechanism', { other: {} }],
    ['a text', 'active'],
    ['null', null],
    ['a list', []],
    ['a status_list that is none', { status_list: [] }],
    ['no idx', { status_list: { uri } }],
    ['no uri', { status_list: { idx: 7 } }],
    ['a negative idx', { status_list: { idx: -1, uri } }],
    ['a fraction', { status_list: { idx: 0.5, uri } }],
    ['an idx as text', { status_list: { idx: '7', uri } }],
    ['an idx that is no safe integer', { status_list: { idx: 2 ** 53, uri } }],
    ['a uri that is none', { status_list: { idx: 7, uri: 'lists/1' } }],
    ['a uri that is longer than any', { status_list: { idx: 7, uri: `${uri}?${'x'.repeat(2048)}` } }],
    ['another origin', { status_list: { idx: 7, uri: 'https://other.test/lists/1' } }],
    ['another port', { status_list: { idx: 7, uri: 'https://idp.test:8443/lists/1' } }],
    ['a name that begins alike', { status_list: { idx: 7, uri: 'https://idp.test.other.test/1' } }],
    ['plain http', { status_list: { idx: 7, uri: 'http://idp.test/lists/1' } }],
    ['a file', { status_list: { idx: 7, uri: 'file:///etc/passwd' } }],
    ['the metadata of a cloud', { status_list: { idx: 7, uri: 'http://169.254.169.254/' } }],
    ['a password', { status_list: { idx: 7, uri: 'https://me:secret@idp.test/lists/1' } }],
    ['a fragment', { status_list: { idx: 7, uri: `${uri}#part` } }],
  ])('is refused without a fetch: %s', async (_, status) => {
    const text = status === undefined ? token(null, { status: undefined }) : token(status)
    expect(await use(verifier(), text)).toBe('ERR_TOKEN_CLAIM')
    expect(requests).toBe(0)
  })

  it('may be nothing where that is allowed, but nothing wrong', async () => {
    const tokens = verifier({ required: false })
    expect(await use(tokens, token(null, { status: undefined }))).toBe('valid')
    expect(await use(tokens, token({ other: {} }))).toBe('valid')
    expect(await use(tokens, token({ status_list: {} }))).toBe('ERR_TOKEN_CLAIM')
    expect(await use(tokens, token({ status_list: { idx: 7, uri: 'https://other.test/1' } }))).toBe(
      'ERR_TOKEN_CLAIM',
    )
  })

  it('is refused when its list has no such place', async () => {
    const tokens = verifier()
    expect(await use(tokens, token({ status_list: { idx: 1023, uri } }))).toBe('valid')
    expect(await use(tokens, token({ status_list: { idx: 1024, uri } }))).toBe('ERR_TOKEN_CLAIM')
  })

  it('may name another origin that is allowed', async () => {
    const elsewhere = 'https://cdn.test/lists/1'
    const tokens = verifier({
      origins: ['https://cdn.test'],
      fetch: async () => new Response(signedList({ claims: { sub: elsewhere } })),
    })
    expect(await use(tokens, token({ status_list: { idx: 7, uri: elsewhere } }))).toBe('valid')
  })
})

describe('a list that is not to be relied upon', () => {
  const bomb = { bits: 1, lst: deflateSync(Buffer.alloc(20_000_000)).toString('base64url') }
  const good = encodeStatusList(createStatusList(1, 1024))

  it.each<[string, Changes]>([
    ['of another type', { header: { typ: 'JWT' } }],
    ['an access token', { header: { typ: 'at+jwt' } }],
    ['without a type', { header: { typ: undefined } }],
    ['of another address', { claims: { sub: `${uri}0` } }],
    ['without an address', { claims: { sub: undefined } }],
    ['of another issuer', { claims: { iss: 'https://other.test' } }],
    ['that has expired', { claims: { exp: nowSeconds - 1, iat: nowSeconds - 60 } }],
    ['without an iat', { claims: { iat: undefined } }],
    ['from the future', { claims: { iat: nowSeconds + 10 } }],
    ['with an iat in milliseconds', { claims: { iat: nowSeconds * 1000 } }],
    ['too old, although it does not expire', { claims: { exp: undefined, iat: nowSeconds - 301 } }],
    ['with a ttl of 0', { claims: { ttl: 0 } }],
    ['with a negative ttl', { claims: { ttl: -1 } }],
    ['with a ttl that is text', { claims: { ttl: '30' } }],
    ['without statuses', { claims: { status_list: undefined } }],
    ['with bits 3', { claims: { status_list: { ...good, bits: 3 } } }],
    ['that is cut off', { claims: { status_list: { ...good, lst: good.lst.slice(0, -4) } } }],
    ['that is a bomb', { claims: { status_list: bomb } }],
    ['signed by somebody else', { key: generateKey('ES256') }],
  ])('is refused: %s', async (_, changes) => {
    publish(changes)
    expect(await use(verifier(), token())).toBe('ERR_STORE_UNAVAILABLE')
  })

  it.each<[string, () => Promise<Response>]>([
    ['a page', async () => new Response('<html>')],
    ['nothing', async () => new Response('')],
    ['an error', async () => new Response(signedList(), { status: 500 })],
    ['another success', async () => new Response(null, { status: 204 })],
    ['a list that was altered', async () => new Response(`${signedList().slice(0, -4)}AAAA`)],
    ['more than it may', async () => new Response(Buffer.alloc(2_000_000, 'a'))],
  ])('is refused when the answer is %s', async (_, respond) => {
    answer = respond
    expect(await use(verifier(), token())).toBe('ERR_STORE_UNAVAILABLE')
  })

  it('takes the place of none that is', async () => {
    const tokens = verifier()
    const text = token()
    await use(tokens, text)
    publish({ claims: { status_list: bomb } })
    pass(60)
    expect(await use(tokens, text)).toBe('valid')
  })

  it('is accepted within the tolerance of clocks that are not known', async () => {
    publish({ claims: { iat: nowSeconds + 25 } })
    expect(await use(verifier(), token())).toBe('ERR_STORE_UNAVAILABLE')
    clock.set({ status: 'unsynchronized', errorMs: Number.POSITIVE_INFINITY })
    const result = await use(verifier(), token())
    expect(['valid', 'ambiguous']).toContain(result)
    publish({ claims: { iat: nowSeconds + 31 } })
    expect(await use(verifier(), token())).toBe('ERR_STORE_UNAVAILABLE')
  })
})

describe('a fetch', () => {
  it('follows no redirect, says what it wants, and does not wait for ever', async () => {
    let init: RequestInit = {}
    answer = given => {
      init = given
      return new Promise(() => {})
    }
    expect(await use(verifier({ timeout: '10ms' }), token())).toBe('ERR_STORE_UNAVAILABLE')
    expect(init.redirect).toBe('manual')
    expect(new Headers(init.headers).get('accept')).toBe('application/statuslist+jwt')
    expect(init.signal?.aborted).toBe(true)
  })

  it('does not wait for ever for the rest of an answer', async () => {
    answer = async () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }))
    expect(await use(verifier({ timeout: '10ms' }), token())).toBe('ERR_STORE_UNAVAILABLE')
  })
})

describe('a list from a server', () => {
  let server: Server
  let origin: string
  let respond: RequestListener
  let seen: string[]

  beforeEach(async () => {
    seen = []
    server = createServer((request, response) => {
      seen.push(request.url ?? '')
      respond(request, response)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterEach(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })

  /** What becomes of a token whose list lies there. */
  async function useThere(options: StatusListOptions = {}): Promise<string> {
    const statusList = { timeout: '30s', ...options }
    const tokens = createVerifier({ issuer: origin, audience: 'api', keys: [key], clock, host, statusList })
    return use(tokens, token({ status_list: { idx: 7, uri: `${origin}/1` } }, { iss: origin }))
  }

  function listThere(): string {
    return signedList({ claims: { iss: origin, sub: `${origin}/1` } })
  }

  it('is fetched', async () => {
    respond = (_request, response) => void response.end(listThere())
    expect(await useThere()).toBe('valid')
    respond = (_request, response) => void response.writeHead(200).end(`${listThere()}\n`)
    expect(await useThere()).toBe('valid')
  })

  it('is not looked for where it redirects to', async () => {
    respond = (request, response) => {
      if (request.url === '/1') response.writeHead(302, { location: `${origin}/2` }).end()
      else response.end(listThere())
    }
    expect(await useThere()).toBe('ERR_STORE_UNAVAILABLE')
    expect(seen).toEqual(['/1'])
  })

  it.each<[string, RequestListener]>([
    ['says that there is none', (_request, response) => void response.writeHead(404).end()],
    ['breaks off', (_request, response) => void response.write('eyJ', () => response.destroy())],
    ['has more than anybody reads', (_request, response) => void response.end(Buffer.alloc(3_000_000, 'a'))],
    [
      'has more than anybody reads, when decompressed',
      (_request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(3_000_000, 'a')))
      },
    ],
  ])('is none when the server %s', async (_, listener) => {
    respond = listener
    expect(await useThere()).toBe('ERR_STORE_UNAVAILABLE')
  })

  it('is none when the server does not answer in time', async () => {
    respond = () => {}
    expect(await useThere({ timeout: '50ms' })).toBe('ERR_STORE_UNAVAILABLE')
  })
})

describe('the options', () => {
  it.each<[string, StatusListOptions, Partial<VerifierOptions>]>([
    ['an issuer that is no URL', {}, { issuer: 'me' }],
    ['an issuer on plain http', {}, { issuer: 'http://idp.test' }],
    ['an origin with a path', { origins: ['https://cdn.test/lists'] }, {}],
    ['an origin on plain http', { origins: ['http://cdn.test'] }, {}],
    ['an origin that is none', { origins: ['cdn.test'] }, {}],
    ['a staleness of 0', { maxStaleness: 0 }, {}],
    ['a timeout of 0', { timeout: 0 }, {}],
    ['no bytes', { maxBytes: 0 }, {}],
    ['no lists', { maxLists: 0 }, {}],
    ['a store besides', {}, { store: memoryStore() }],
  ])('refuse %s', (_, options, others) => {
    expect(() => verifier(options, others)).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }))
  })

  it('take an issuer on this machine', () => {
    for (const local of ['http://127.0.0.1:8787', 'http://localhost:8787', 'http://[::1]:8787']) {
      expect(() => verifier({}, { issuer: local })).not.toThrow()
    }
  })
})
