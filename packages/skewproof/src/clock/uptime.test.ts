import fc from 'fast-check'
import { expect, it } from 'vitest'
import { uptimeBy } from './uptime.ts'

/** What may happen between two readings, ms. */
const happenings = fc.array(
  fc.record({
    runsMs: fc.integer({ min: 0, max: 300 }),
    sleepsMs: fc.oneof(fc.constant(0), fc.integer({ min: 2, max: 86_400_000 })),
    wallStepMs: fc.oneof(fc.constant(0), fc.integer({ min: -600_000, max: 600_000 })),
  }),
  { minLength: 1, maxLength: 50 },
)

it('never falls, counts what the machine slept at once, and is right to the 10 ms of the system', () => {
  fc.assert(
    fc.property(happenings, steps => {
      const now = { monotonicMs: 12_345, uptimeMs: 99_999, wallMs: 1.8e12 }
      const read = uptimeBy({
        wallMs: () => now.wallMs,
        monotonicMs: () => now.monotonicMs,
        uptimeMs: () => Math.floor(now.uptimeMs / 10) * 10,
      })
      let before = read()
      for (const { runsMs, sleepsMs, wallStepMs } of steps) {
        now.monotonicMs += runsMs
        now.uptimeMs += runsMs + sleepsMs
        // A step that hides a sleep shows nothing for a tenth of a second: that one is left out here.
        now.wallMs += runsMs + sleepsMs + (Math.abs(sleepsMs + wallStepMs) > 1 ? wallStepMs : 0)
        const shown = read()
        expect(shown).toBeGreaterThanOrEqual(before)
        expect(shown).toBeLessThanOrEqual(now.uptimeMs)
        expect(shown).toBeGreaterThan(now.uptimeMs - 10)
        before = shown
      }
    }),
  )
})

it('asks the system seldom while nothing happens, and sees a sleep that a step hides within a tenth of a second', () => {
  const now = { monotonicMs: 0, uptimeMs: 0, wallMs: 0 }
  let asked = 0
  const read = uptimeBy({
    wallMs: () => now.wallMs,
    monotonicMs: () => now.monotonicMs,
    uptimeMs: () => {
      asked += 1
      return now.uptimeMs
    },
  })
  for (let ms = 0; ms < 100; ms += 1) {
    for (const clock of ['monotonicMs', 'uptimeMs', 'wallMs'] as const) now[clock] = ms
    expect(read()).toBe(ms)
  }
  expect(asked).toBe(1)
  now.uptimeMs += 3_600_000
  expect(read()).toBe(99)
  for (const clock of ['monotonicMs', 'uptimeMs', 'wallMs'] as const) now[clock] += 101
  expect(read()).toBe(3_600_200)
})
