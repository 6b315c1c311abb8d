import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { apiUrl, settle, tokenUrl, World } from '../../test/client/world.ts'
import { ClientError } from './errors.ts'
import { createServiceClient } from './service-client.ts'
import { createTokenClient, type TokenClient, type TokenClientOptions } from './token-client.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

function clientIn(world: World, options: Partial<TokenClientOptions> = {}): TokenClient & { seen: string[] } {
  const client = createTokenClient({ tokenUrl, fetch: world.fetch, device: world.device, ...options })
  const seen: string[] = []
  client.subscribe(({ type }) => seen.push(type))
  onTestFinished(() => client.close())
  return Object.assign(client, { seen })
}

function signedIn(options: Partial<TokenClientOptions> = {}): {
  world: World
  client: ReturnType<typeof clientIn>
} {
  const world = new World()
  const client = clientIn(world, options)
  client.signIn(world.signIn())
  return { world, client }
}

async function status(client: TokenClient, url = apiUrl): Promise<number> {
  return (await client.fetch(url)).status
}

const minute = 60_000

describe('a request', () => {
  it('carries the token', async () => {
    const { world, client } = signedIn()
    expect(await status(client)).toBe(200)
    expect(world.log).toEqual([`GET ${apiUrl} t1`])
  })

  it.each([
    ['to another host', 'https://other.example.com/api'],
    ['to another port', 'https://auth.example.com:8443/api'],
    ['by another scheme', 'http://auth.example.com/api'],
    ['to a host that begins alike', 'https://auth.example.com.evil.example/api'],
    ['to a host behind a name', 'https://auth.example.com@evil.example/api'],
  ])('%s does not', async (_, url) => {
    const { world, client } = signedIn()
    const fetched = client.fetch(url)
    await fetched.catch(() => {})
    expect(world.log.filter(line => !line.endsWith(' undefined'))).toEqual([])
  })

  it('carries it to the origins that are named, and to no others', async () => {
    const { world, client } = signedIn({ origins: ['https://api.example.com/any/path'] })
    await client.fetch('https://api.example.com/x')
    await client.fetch(apiUrl)
    expect(world.log).toEqual(['GET https://api.example.com/x t1', `GET ${apiUrl} undefined`])
  })

  it('with an Authorization of its own is left as it is', async () => {
    const { world, client } = signedIn()
    const answer = await client.fetch(apiUrl, { headers: { Authorization: 'Bearer mine' } })
    expect(answer.status).toBe(401)
    expect(world.log).toEqual([`GET ${apiUrl} mine`])
  })

  it('keeps what else was said of it, as a Request and as options', async () => {
    const { world, client } = signedIn()
    const request = new Request(apiUrl, { method: 'PUT', body: 'text', headers: { 'x-a': '1' } })
    await client.fetch(request)
    await client.fetch(new URL(apiUrl), { method: 'POST', body: new URLSearchParams({ a: '1' }) })
    expect(world.log).toEqual([`PUT ${apiUrl} t1 text`, `POST ${apiUrl} t1 a=1`])
  })

  it('goes out without a token when nobody is signed in', async () => {
    const world = new World()
    const client = clientIn(world)
    expect(await status(client)).toBe(401)
    expect(world.log).toEqual([`GET ${apiUrl} undefined`])
    expect(await client.accessToken()).toBeUndefined()
  })

  it('is ended by its signal', async () => {
    const { client } = signedIn()
    await expect(client.fetch(apiUrl, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    )
  })

  it.each([[301], [302], [303], [307], [308]])('is not redirected with its token (%d)', async status => {
    const { world, client } = signedIn()
    world.apiAnswer = () => new Response(null, { status, headers: { location: 'https://evil.example/' } })
    await expect(client.fetch(apiUrl)).rejects.toMatchObject({ code: 'ERR_TOKEN_REDIRECT' })
    expect(world.log).toHaveLength(1)
    expect((await client.fetch(apiUrl, { redirect: 'manual' })).status).toBe(status)
  })
})

describe('the schedule', () => {
  it.each([
    ['right', 0],
    ['five minutes fast', 5 * minute],
    ['five minutes slow', -5 * minute],
    ['three years fast', 3 * 365 * 24 * 60 * minute],
    ['three years slow', -3 * 365 * 24 * 60 * minute],
  ])('refreshes once per life, with a clock that is %s', async (_, skewMs) => {
    const world = new World()
    world.device.skewMs = skewMs
    const client = clientIn(world)
    client.signIn(world.signIn())
    for (let passed = 0; passed < 60; passed += 1) {
      expect(await status(client)).toBe(200)
      await world.device.advance(minute)
    }
    expect(world.count('refresh')).toBe(6)
    expect(world.generation).toBe(6)
  })

  it('does not lose a session to a clock that jumps', async () => {
    const { world, client } = signedIn()
    let refreshes = 0
    for (const [index, skewMs] of [5, -5, 1e6, -1e6, 0, 7, 0, -3].entries()) {
      world.device.skewMs = skewMs * minute
      await world.device.advance(11 * minute)
      expect(await status(client)).toBe(200)
      refreshes = world.count('refresh')
      expect(refreshes, `after ${index + 1} jumps`).toBeLessThanOrEqual(3 * (index + 1))
    }
    expect(world.count('GET')).toBe(8)
  })

  it('sends nothing old after a sleep that the monotonic clock did not see', async () => {
    const { world, client } = signedIn()
    world.device.closeLid(8 * 60 * minute)
    expect(await status(client)).toBe(200)
    expect(world.log).toEqual(['refresh r0', `GET ${apiUrl} t2`])
  })

  it('is cured by one refresh when the clock was set back during that sleep', async () => {
    const { world, client } = signedIn()
    world.device.closeLid(8 * 60 * minute)
    world.device.skewMs = -9 * 60 * minute
    expect(await status(client)).toBe(200)
    expect(world.log).toEqual([`GET ${apiUrl} t1`, 'refresh r0', `GET ${apiUrl} t2`])
  })

  it('does not hold up a request while its token is good', async () => {
    const { world, client } = signedIn()
    await world.device.advance(minute)
    world.device.closeLid(8.5 * minute)
    expect(await status(client)).toBe(200)
    expect(world.log).toContain(`GET ${apiUrl} t1`)
    await settle()
    expect(world.count('refresh')).toBe(1)
  })

  it('refreshes once for many requests', async () => {
    const { world, client } = signedIn()
    world.device.closeLid(60 * minute)
    const answers = await Promise.all(Array.from({ length: 20 }, () => status(client)))
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(world.count('refresh')).toBe(1)
  })

  it('ends with close', async () => {
    const { world, client } = signedIn()
    client.close()
    await world.device.advance(60 * minute)
    expect(world.log).toEqual([])
    expect(world.device.timers).toBe(0)
  })
})

describe('a 401', () => {
  it('is answered by one refresh and one more request', async () => {
    const { world, client } = signedIn()
    world.forgetTokens()
    expect(await status(client)).toBe(200)
    expect(world.log).toEqual([`GET ${apiUrl} t1`, 'refresh r0', `GET ${apiUrl} t2`])
  })

  it('is cured for all requests by one refresh', async () => {
    const { world, client } = signedIn()
    world.forgetTokens()
    const answers = await Promise.all(Array.from({ length: 20 }, () => status(client)))
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(world.count('refresh')).toBe(1)
  })

  it('sends a body again, from options and from a Request', async () => {
    const { world, client } = signedIn()
    world.forgetTokens()
    await client.fetch(apiUrl, { method: 'POST', body: 'first' })
    world.forgetTokens()
    await world.device.advance(10 * minute)
    world.forgetTokens()
    await client.fetch(new Request(apiUrl, { method: 'POST', body: 'second' }))
    expect(world.log.filter(line => line.startsWith('POST'))).toEqual([
      `POST ${apiUrl} t1 first`,
      `POST ${apiUrl} t2 first`,
      `POST ${apiUrl} t3 second`,
      `POST ${apiUrl} t4 second`,
    ])
  })

  it('is given back when another token does not help, and costs no more refreshes', async () => {
    const { world, client } = signedIn()
    world.apiAnswer = () => new Response('never', { status: 401 })
    for (let request = 0; request < 5; request += 1) expect(await status(client)).toBe(401)
    expect(world.count('refresh')).toBe(1)
    expect(world.count('GET')).toBe(6)
  })

  it.each([
    ['insufficient_scope', 'Bearer error="insufficient_scope"'],
    ['another scheme', 'Basic realm="x"'],
  ])('that a refresh cannot cure is given back: %s', async (_, challenge) => {
    const { world, client } = signedIn()
    world.apiAnswer = () => new Response('no', { status: 401, headers: { 'www-authenticate': challenge } })
    expect(await status(client)).toBe(401)
    expect(world.log).toEqual([`GET ${apiUrl} t1`])
  })

  it('to a stream is given back, and says so; the next request has a new token', async () => {
    const { world, client } = signedIn()
    world.forgetTokens()
    const post = (): RequestInit & { duplex: 'half' } => ({
      method: 'POST',
      body: new Blob(['stream']).stream(),
      duplex: 'half',
    })
    const answer = await client.fetch(apiUrl, post())
    expect(answer.status).toBe(401)
    expect(client.seen).toContain('not-retried')
    expect((await client.fetch(apiUrl, post())).status).toBe(200)
    expect(world.count('POST')).toBe(2)
  })

  it('is given back when there is nothing to refresh with', async () => {
    const world = new World()
    const client = clientIn(world)
    const { refresh_token: _, ...response } = world.signIn()
    client.signIn(response)
    await world.device.advance(60 * minute)
    expect(await status(client)).toBe(401)
    expect(world.log).toEqual([`GET ${apiUrl} t1`])
  })

  it('ends the session when the refresh token is not good any more', async () => {
    const { world, client } = signedIn()
    world.revoke()
    expect(await status(client)).toBe(401)
    expect(client.state.isSignedIn).toBe(false)
    expect(client.seen).toContain('signed-out')
    expect(await status(client)).toBe(401)
    expect(world.count('refresh')).toBe(1)
    expect(world.log.at(-1)).toBe(`GET ${apiUrl} undefined`)
  })
})

describe('without an answer from the token endpoint', () => {
  it('keeps the token, and says that it tries again', async () => {
    const { world, client } = signedIn()
    world.isCut = true
    await world.device.advance(9.2 * minute)
    expect(client.state).toMatchObject({ isSignedIn: true, isWaiting: true })
    expect(client.seen).toContain('waiting')
    world.isCut = false
    await world.device.advance(minute)
    expect(client.state).toMatchObject({ isSignedIn: true, isWaiting: false })
    expect(await status(client)).toBe(200)
  })

  it('fails a request whose token is too old as the network does, not as a 401', async () => {
    const { world, client } = signedIn()
    world.isCut = true
    await world.device.advance(20 * minute)
    const refusal = await client.fetch(apiUrl).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(ClientError)
    expect(refusal).toMatchObject({ code: 'ERR_TOKEN_UNAVAILABLE', cause: expect.any(TypeError) })
    expect(client.state.isSignedIn).toBe(true)
    expect(String(refusal)).not.toMatch(/r0|t1/)
    world.isCut = false
    await world.device.advance(2 * minute)
    expect(await status(client)).toBe(200)
  })

  it('does so too when only the device’s clock can have told that the token was too old', async () => {
    const { world, client } = signedIn()
    await world.device.advance(minute)
    world.tokenAnswer = () => new Response('', { status: 503 })
    world.device.closeLid(60 * minute)
    await expect(client.fetch(apiUrl)).rejects.toMatchObject({ code: 'ERR_TOKEN_UNAVAILABLE' })
    expect(world.count('refresh')).toBe(1)
  })

  it('does not fail a request because the device’s clock was set ahead', async () => {
    const { world, client } = signedIn()
    await world.device.advance(minute)
    world.tokenAnswer = () => new Response('', { status: 503 })
    world.device.skewMs = 60 * minute
    expect([await status(client), await status(client)]).toEqual([200, 200])
    expect(world.count('refresh')).toBe(1)
  })

  it('gets the same successor again when the answer was lost', async () => {
    const { world, client } = signedIn()
    world.losing = 1
    await world.device.advance(9.2 * minute)
    expect(world.log.filter(line => line.startsWith('refresh'))).toEqual(['refresh r0', 'refresh r0'])
    expect(world.generation).toBe(1)
    expect(await status(client)).toBe(200)
  })

  it.each([
    ['in seconds', () => ({ 'retry-after': '120' })],
    [
      'as an instant, by the server’s clock',
      (trueMs: number) => ({
        'retry-after': new Date(trueMs + 2 * minute).toUTCString(),
        date: new Date(trueMs).toUTCString(),
      }),
    ],
  ])('leaves the server alone for as long as it says, %s', async (_, headers) => {
    const { world, client } = signedIn()
    world.device.skewMs = -3 * 365 * 24 * 60 * minute
    await world.device.advance(8 * minute)
    world.tokenAnswer = () =>
      Response.json(
        { error: 'temporarily_unavailable' },
        { status: 503, headers: headers(world.device.trueMs) },
      )
    await world.device.advance(minute)
    expect(world.count('refresh')).toBe(1)
    await world.device.advance(1.5 * minute)
    await expect(client.fetch(apiUrl)).rejects.toMatchObject({ code: 'ERR_TOKEN_UNAVAILABLE' })
    expect(world.count('refresh')).toBe(1)
    world.tokenAnswer = undefined
    await world.device.advance(minute)
    expect(world.count('refresh')).toBe(2)
    expect(await status(client)).toBe(200)
  })

  it.each([
    ['an error of its own', () => Response.json({ error: 'server_error' }, { status: 500 })],
    ['a page', () => new Response('<html>Log in to the hotel</html>')],
    ['no bearer token', () => Response.json({ access_token: 'x', token_type: 'mac' })],
    ['another refusal', () => Response.json({ error: 'invalid_client' }, { status: 401 })],
    ['something else', () => Response.json(null, { status: 400 })],
    ['too much', () => Response.json({ error: 'invalid_grant', more: 'x'.repeat(100_000) }, { status: 400 })],
  ])('takes %s for no end of the session', async (_, answer) => {
    const { world, client } = signedIn()
    world.tokenAnswer = answer
    await world.device.advance(9.1 * minute)
    expect(client.state).toMatchObject({ isSignedIn: true, isWaiting: true })
    expect(await status(client)).toBe(200)
  })

  it('backs off', async () => {
    const { world } = signedIn()
    world.tokenAnswer = () => new Response('', { status: 502 })
    await world.device.advance(39 * minute)
    expect(world.count('refresh')).toBeGreaterThan(15)
    expect(world.count('refresh')).toBeLessThan(40)
  })

  it('tries again at once when the network is back', async () => {
    const target = new EventTarget()
    vi.stubGlobal('addEventListener', target.addEventListener.bind(target))
    const { world, client } = signedIn()
    world.isCut = true
    await world.device.advance(14 * minute)
    world.isCut = false
    target.dispatchEvent(new Event('online'))
    await settle()
    expect(client.state.isWaiting).toBe(false)
    client.close()
  })

  it.each([['visibilitychange'], ['pageshow']])('looks at the time after %s', async type => {
    const target = new EventTarget()
    vi.stubGlobal('addEventListener', target.addEventListener.bind(target))
    const { world, client } = signedIn()
    await world.device.advance(minute)
    world.device.closeLid(60 * minute)
    target.dispatchEvent(new Event(type))
    await settle()
    expect(world.log).toEqual(['refresh r0'])
    client.close()
    world.device.closeLid(60 * minute)
    target.dispatchEvent(new Event(type))
    await settle()
    expect(world.log).toEqual(['refresh r0'])
  })
})

describe('the storage', () => {
  function storage(): { text: string | null; load(): string | null; save(text: string | null): void } {
    return {
      text: null,
      load() {
        return this.text
      },
      save(text) {
        this.text = text
      },
    }
  }

  it('carries a session over to the next page, whose monotonic clock begins anew', async () => {
    const kept = storage()
    const { world, client } = signedIn({ storage: kept })
    await world.device.advance(5 * minute)
    client.close()
    const next = clientIn(world, { storage: kept })
    expect(await status(next)).toBe(200)
    expect(next.state.isSignedIn).toBe(true)
    await world.device.advance(5 * minute)
    expect(world.count('refresh')).toBe(1)
    next.signOut()
    expect(kept.text).toBeNull()
    expect(await status(clientIn(world, { storage: kept }))).toBe(401)
  })

  it('may be slow, hold anything, or fail', async () => {
    const world = new World()
    const failing = {
      load: () => Promise.reject(new Error('no storage')),
      save: () => Promise.reject(new Error('full')),
    }
    for (const broken of [failing, { ...storage(), text: '{"accessToken":' }]) {
      const client = clientIn(world, { storage: broken })
      client.signIn(world.signIn())
      expect(await status(client)).toBe(200)
    }
  })
})

describe('tabs', () => {
  const share = () => `test ${Math.random()}`

  it('share a session: its beginning, its refreshes, its end', async () => {
    const name = share()
    const world = new World()
    const first = clientIn(world, { share: name })
    const second = clientIn(world, { share: name })
    await settle()
    await world.device.advance(100)
    first.signIn(world.signIn())
    await vi.waitFor(() => expect(second.state.isSignedIn).toBe(true))
    expect(await status(second)).toBe(200)

    world.forgetTokens()
    expect(await status(first)).toBe(200)
    await vi.waitFor(async () => expect(await second.accessToken()).toBe('t2'))
    expect(world.count('refresh')).toBe(1)

    const third = clientIn(world, { share: name })
    const answer = status(third)
    await vi.waitFor(() => expect(third.state.isSignedIn).toBe(true))
    await world.device.advance(100)
    expect(await answer).toBe(200)
    second.signOut()
    await vi.waitFor(() => expect([first, third].map(tab => tab.state.isSignedIn)).toEqual([false, false]))
  })

  it('take a new login for theirs, and old news for nothing', async () => {
    const name = share()
    const world = new World()
    const first = clientIn(world, { share: name })
    const second = clientIn(world, { share: name })
    await settle()
    await world.device.advance(100)
    first.signIn(world.signIn())
    await vi.waitFor(() => expect(second.state.isSignedIn).toBe(true))
    second.signIn(world.signIn())
    await vi.waitFor(async () => expect(await first.accessToken()).toBe('t2'))
    const channel = new BroadcastChannel(name)
    onTestFinished(() => channel.close())
    channel.postMessage('nonsense')
    expect(await second.accessToken()).toBe('t2')
  })

  it('do not share what has another name, or none', async () => {
    const world = new World()
    const first = clientIn(world, { share: share() })
    const others = [clientIn(world, { share: share() }), clientIn(world, { share: null }), clientIn(world)]
    first.signIn(world.signIn())
    await settle()
    expect(others.map(client => client.state.isSignedIn)).toEqual([false, false, false])
  })
})

describe('the device’s clock', () => {
  it('is measured with every answer of the token endpoint', async () => {
    const { world, client } = signedIn()
    for (const skewMs of [7 * minute, -5 * minute, 0]) {
      world.device.skewMs = skewMs
      await world.device.advance(10 * minute)
      const { skewMs: measuredMs = Number.NaN, errorMs = 0 } = client.state.clockSkew ?? {}
      expect(Math.abs(measuredMs - skewMs)).toBeLessThanOrEqual(errorMs)
    }
    expect(client.seen.filter(type => type === 'clock-skew').length).toBeGreaterThanOrEqual(3)
  })
})

describe('createServiceClient', () => {
  it('gets tokens in its own name when it needs them', async () => {
    const world = new World()
    const { device } = world
    const client = createServiceClient({
      tokenUrl,
      clientId: 'a:b',
      clientSecret: 'ü%',
      scope: 'read',
      fetch: world.fetch,
      device,
    })
    onTestFinished(() => client.close())
    const basic = Buffer.from('a%3Ab:%C3%BC%25').toString('base64')
    expect(await Promise.all([status(client), status(client)])).toEqual([200, 200])
    await device.advance(60 * minute)
    expect(await status(client)).toBe(200)
    world.forgetTokens()
    expect(await status(client)).toBe(200)
    expect(world.log.filter(line => line.startsWith('refresh'))).toEqual(
      Array<string>(3).fill(`refresh Basic ${basic}`),
    )
    expect(device.timers).toBe(0)
  })
})

it('takes no login for what is none', () => {
  const client = clientIn(new World())
  const response = { access_token: 'a b', token_type: 'Bearer' }
  expect(() => client.signIn(response)).toThrow(ClientError)
  expect(client.state.isSignedIn).toBe(false)
})

it('is not disturbed by what a listener throws, and stops telling when told', async () => {
  const world = new World()
  const client = clientIn(world)
  const heard: string[] = []
  const stop = client.subscribe(({ type }) => heard.push(type))
  client.signIn(world.signIn())
  stop()
  client.signOut()
  await settle()
  expect(heard).toEqual(['signed-in'])
})
