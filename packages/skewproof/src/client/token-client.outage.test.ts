import { afterEach, describe, expect, it, vi } from 'vitest'
import { minute, signedIn, status } from '../../test/client/clients.ts'
import { apiUrl, settle } from '../../test/client/world.ts'
import { ClientError } from './errors.ts'

afterEach(() => {
  vi.unstubAllGlobals()
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
    ['an error that is no text', () => Response.json({ error: { toString: 1 } }, { status: 400 })],
    ['a type that is no text', () => Response.json({ access_token: 'x', token_type: { toString: 1 } })],
    ['too much', () => Response.json({ error: 'invalid_grant', more: 'x'.repeat(100_000) }, { status: 400 })],
  ])('takes %s for no end of the session', async (_, answer) => {
    const { world, client } = signedIn()
    world.tokenAnswer = answer
    await world.device.advance(9.1 * minute)
    expect(client.state).toMatchObject({ isSignedIn: true, isWaiting: true })
    expect(await status(client)).toBe(200)
  })

  it('says what the server says, in one short line', async () => {
    const { world, client } = signedIn()
    world.tokenAnswer = () => Response.json({ error: `no\r\n\u001b[31m${'x'.repeat(1000)}` }, { status: 500 })
    await world.device.advance(20 * minute)
    const refusal: unknown = await client.fetch(apiUrl).catch((error: unknown) => error)
    expect(String(refusal)).toMatch(
      /^ClientError: no token from https:\/\/auth\.example\.com: 500, no\?\?\?\[31mx+$/,
    )
    expect(String(refusal).length).toBeLessThan(120)
  })

  it.each([[null], ['soon'], [{ valueOf: 1, toString: 1 }], [-1], [1e308]])(
    'does not ask again and again for a token whose life is %j',
    async expiresIn => {
      const { world, client } = signedIn()
      world.tokenAnswer = () =>
        Response.json({ access_token: 'next', token_type: 'Bearer', expires_in: expiresIn })
      await world.device.advance(60 * minute)
      expect(await client.accessToken()).toBe('next')
      expect(world.count('refresh')).toBe(1)
    },
  )

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
