import { expect, it } from 'vitest'
import { ManualHostClock } from '../../clock/manual.ts'
import { OptionError } from '../../time/index.ts'
import { system } from './system.ts'

const { signal } = new AbortController()

it("says the host's wall clock, within the bound that was stated", async () => {
  const host = new ManualHostClock(1_800_000_000_000)
  host.advance(7)
  expect(await system({ error: '50ms' }).measure({ host, signal })).toEqual({
    monotonicMs: 7,
    timeMs: 1_800_000_000_007,
    errorMs: 50,
  })
})

it('covers what held it up between the two clocks', async () => {
  const host = new ManualHostClock(1_800_000_000_000)
  const wallMs = host.wallMs.bind(host)
  host.wallMs = () => {
    host.advance(40)
    return wallMs()
  }
  const { monotonicMs, timeMs, errorMs } = await system({ error: '50ms' }).measure({ host, signal })
  // At that monotonic instant the wall clock said this much.
  expect(monotonicMs).toBe(0)
  expect(Math.abs(timeMs - 1_800_000_000_000)).toBeLessThanOrEqual(errorMs - 50)
  expect(errorMs).toBe(70)
})

it.each([Number.NaN, -1, 'soon'])('refuses a bound of %s', error => {
  expect(() => system({ error })).toThrow(OptionError)
})
