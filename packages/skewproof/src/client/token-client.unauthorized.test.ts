import { describe, expect, it } from 'vitest'
import { clientIn, minute, signedIn, status } from '../../test/client/clients.ts'
import { apiUrl, World } from '../../test/client/world.ts'

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

  it('is cured although the rest of that answer never comes', async () => {
    const { world, client } = signedIn()
    world.forgetTokens()
    world.apiAnswer = () => {
      world.apiAnswer = undefined
      const broken = new ReadableStream({
        pull(controller) {
          controller.error(new TypeError('terminated'))
        },
      })
      return new Response(broken, { status: 401 })
    }
    expect(await status(client)).toBe(200)
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
