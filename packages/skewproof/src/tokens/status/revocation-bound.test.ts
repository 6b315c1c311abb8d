import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { ManualClock, ManualHostClock } from '../../clock/manual.ts'
import { memoryStore } from '../../stores/memory/index.ts'
import { createVerifier } from '../create-verifier.ts'
import { createTokenService } from '../service.ts'

vi.setConfig({ testTimeout: 120_000 })

const issuer = 'https://issuer.test'
const startMs = 1_800_000_000_000
const ttlSeconds = 30
const maxStalenessSeconds = 200

/** What happens at the steps of a day: how much time passes, whether somebody asks, and whether the network works. */
const steps = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.nat({ max: 20_000 }), fc.nat({ max: 190_000 })),
    isAsked: fc.boolean(),
    isDown: fc.boolean(),
  }),
  { minLength: 30, maxLength: 60 },
)

/** A service, a cache that keeps to `ttl`, and a verifier behind it. */
async function worldOf(isDown: () => boolean) {
  const host = new ManualHostClock(startMs)
  const clock = new ManualClock({ timeMs: startMs, errorMs: 0 })
  const store = memoryStore({ host })
  const tokens = createTokenService({
    issuer,
    audience: 'api',
    store,
    clock,
    host,
    statusList: { ttl: ttlSeconds, size: 1024 },
  })
  let cached: { readonly text: string; readonly atMs: number } | undefined
  const verifier = createVerifier({
    issuer,
    audience: 'api',
    clock,
    host,
    keys: tokens.keys,
    statusList: {
      maxStaleness: maxStalenessSeconds,
      fetch: async address => {
        if (isDown()) throw new Error('the network is down')
        if (cached === undefined || host.monotonicMs() - cached.atMs >= ttlSeconds * 1000) {
          const published = await tokens.statusList(address.slice(address.lastIndexOf('/') + 1))
          cached = { text: published?.token ?? '', atMs: host.monotonicMs() }
        }
        return new Response(cached.text)
      },
    },
  })
  const { access_token: token, jti } = await tokens.issue({ subject: 'alice', expiresIn: '1d' })
  return {
    host,
    pass(ms: number) {
      host.advance(ms)
      clock.advance(ms)
    },
    revoke: () => tokens.revoke(jti),
    async ask(): Promise<string> {
      try {
        await Promise.resolve(verifier.verifyCached(token) ?? verifier.verify(token))
        return 'accepted'
      } catch (error) {
        return error instanceof Error && 'code' in error ? String(error.code) : String(error)
      }
    },
  }
}

/** How long after its revocation the token was last accepted, ms; what else was answered. */
async function run(
  sequence: readonly { afterMs: number; isAsked: boolean; isDown: boolean }[],
  revokeAt: number,
  mayFail: boolean,
): Promise<{ lateMs: number; answers: ReadonlySet<string> }> {
  let isDown = false
  const world = await worldOf(() => isDown)
  const answers = new Set<string>()
  let revokedAtMs = Number.POSITIVE_INFINITY
  let lateMs = 0
  await world.ask()
  for (const [at, step] of sequence.entries()) {
    isDown = mayFail && step.isDown
    world.pass(step.afterMs)
    if (at === revokeAt) {
      await world.revoke()
      revokedAtMs = world.host.monotonicMs()
    }
    if (!step.isAsked) continue
    const answer = await world.ask()
    answers.add(answer)
    if (answer === 'accepted') lateMs = Math.max(lateMs, world.host.monotonicMs() - revokedAtMs)
    // What goes on in the background may come to its end.
    await new Promise(resolve => setImmediate(resolve))
  }
  return { lateMs, answers }
}

it('accepts no token for longer after its revocation than docs/status-list.md says', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat({ max: 20 }), async (sequence, revokeAt) => {
      const { lateMs, answers } = await run(sequence, revokeAt, false)
      expect(lateMs).toBeLessThan((1 + 3 * ttlSeconds) * 1000)
      expect(answers).not.toContain('ERR_STORE_UNAVAILABLE')
    }),
    { numRuns: 25 },
  )
})

it('nor for longer than maxStaleness, however often the network fails', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat({ max: 20 }), async (sequence, revokeAt) => {
      const { lateMs } = await run(sequence, revokeAt, true)
      expect(lateMs).toBeLessThan((maxStalenessSeconds + 1) * 1000)
    }),
    { numRuns: 25 },
  )
})

it('is down, not open, when the network stays away', async () => {
  const always = Array.from({ length: 60 }, () => ({ afterMs: 10_000, isAsked: true, isDown: true }))
  const { lateMs, answers } = await run(always, 5, true)
  expect(answers).toEqual(new Set(['accepted', 'ERR_STORE_UNAVAILABLE']))
  expect(lateMs).toBeGreaterThan(100_000)
  expect(lateMs).toBeLessThan(maxStalenessSeconds * 1000)
})
