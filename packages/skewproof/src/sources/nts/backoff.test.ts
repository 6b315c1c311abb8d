import { expect, it } from 'vitest'
import { keyRetryMs } from './backoff.ts'

it.each([
  [0, 0],
  [1, 10_000],
  [2, 15_000],
  [3, 22_500],
  [15, 2_919_293],
  [16, 3_600_000],
  [1e9, 3_600_000],
])('after %i attempts waits %i ms', (attempts, ms) => {
  expect(Math.round(keyRetryMs(attempts))).toBe(ms)
})
