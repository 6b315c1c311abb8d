import { describe, expect, it, onTestFinished } from 'vitest'
import { minute, status } from '../../test/client/clients.ts'
import { apiUrl, tokenUrl, World } from '../../test/client/world.ts'
import { createServiceClient } from './service-client.ts'
import type { TokenClient } from './token-client.ts'

function serviceIn(world: World): TokenClient {
  const client = createServiceClient({
    tokenUrl,
    clientId: 'a:b',
    clientSecret: 'ü%',
    scope: 'read',
    fetch: world.fetch,
    device: world.device,
  })
  onTestFinished(() => client.close())
  return client
}

describe('createServiceClient', () => {
  it('gets tokens in its own name when it needs them', async () => {
    const world = new World()
    const { device } = world
    const client = serviceIn(world)
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

  it('has no use for a refresh token', async () => {
    const world = new World()
    const client = serviceIn(world)
    world.tokenAnswer = () =>
      Response.json({ access_token: 'own', token_type: 'Bearer', expires_in: 60, refresh_token: 'r0' })
    expect(await client.accessToken()).toBe('own')
    expect(world.device.timers).toBe(0)
    await world.device.advance(2 * minute)
    expect(await client.accessToken()).toBe('own')
    expect(world.log).toHaveLength(2)
    expect(world.log.join()).not.toContain('r0')
  })

  it('takes invalid_grant for a failure, as it has no session that could end', async () => {
    const world = new World()
    const client = serviceIn(world)
    world.tokenAnswer = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
    for (let request = 0; request < 5; request += 1) {
      await expect(client.fetch(apiUrl)).rejects.toMatchObject({ code: 'ERR_TOKEN_UNAVAILABLE' })
    }
    expect(world.log).toHaveLength(1)
  })
})
