import { describe, expect, it } from 'vitest'
import { clientIn, minute, signedIn, status } from '../../test/client/clients.ts'
import { apiUrl, settle, World } from '../../test/client/world.ts'

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
