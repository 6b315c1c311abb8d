import { describe, expect, it } from 'vitest'
import { clientIn, signedIn, status } from '../../test/client/clients.ts'
import { apiUrl, settle, World } from '../../test/client/world.ts'
import { ClientError } from './errors.ts'

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
