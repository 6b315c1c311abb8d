import fc from 'fast-check'
import { expect, it } from 'vitest'
import { apiUrl, tokenUrl, World } from '../../test/client/world.ts'
import { ClientError } from './errors.ts'
import { createTokenClient } from './token-client.ts'

const minute = 60_000

type Step =
  | { readonly type: 'pass' | 'sleep' | 'set-clock'; readonly ms: number }
  | { readonly type: 'request' | 'cut' | 'join' | 'lose' }

const ms = fc.oneof(fc.nat({ max: 10_000 }), fc.nat({ max: 15 * minute }), fc.nat({ max: 90 * minute }))
const skew = fc.oneof(
  fc.integer({ min: -10 * minute, max: 10 * minute }),
  fc.integer({ min: -1e11, max: 1e11 }),
)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('pass' as const), ms }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('sleep' as const), ms }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('set-clock' as const), ms: skew }) },
    { weight: 6, arbitrary: fc.record({ type: fc.constant('request' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constantFrom('cut' as const, 'lose' as const) }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('join' as const) }) },
  ),
  { maxLength: 40 },
)

it('shows no 401, ends no session and uses no refresh token twice, whatever becomes of clock, lid and network', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(120, 900, 3600), skew, async (each, lifetimeSeconds, skewMs) => {
      const world = new World()
      const { device } = world
      world.lifetimeSeconds = lifetimeSeconds
      device.skewMs = skewMs
      const client = createTokenClient({ tokenUrl, fetch: world.fetch, device })
      client.signIn(world.signIn())
      let lost = 0
      for (const step of each) {
        switch (step.type) {
          case 'pass':
            await device.advance(step.ms)
            break
          case 'sleep':
            device.closeLid(step.ms)
            break
          case 'set-clock':
            device.skewMs = step.ms
            break
          case 'cut':
            world.isCut = true
            break
          case 'join':
            world.isCut = false
            break
          case 'lose':
            lost += 1
            world.losing = 1
            break
          case 'request': {
            const answer = await client.fetch(apiUrl).catch((error: unknown) => error)
            if (answer instanceof Response) expect(answer.status).toBe(200)
            else expect(answer instanceof ClientError || answer instanceof TypeError).toBe(true)
          }
        }
        // Beyond the grace, a service cannot tell a client that has lost an answer from a thief.
        if (lost === 0) expect(world.isEnded).toBe(false)
        if (world.isEnded) break
      }
      client.close()
      const refreshes = world.log.filter(line => line.startsWith('refresh'))
      expect(refreshes.length - new Set(refreshes).size).toBeLessThanOrEqual(lost)
    }),
    { numRuns: 60 },
  )
}, 60_000)
