import { expect, it } from 'vitest'
import { retryAfterMs } from './retry-after.ts'

const noonMs = Date.UTC(2026, 10, 23, 12)

it.each([
  ['0', undefined, 0],
  ['120', undefined, 120_000],
  ['120', noonMs, 120_000],
  ['3600', undefined, 3_600_000],
  ['99999999999999999999', undefined, 3_600_000],
  ['Mon, 23 Nov 2026 12:01:30 GMT', noonMs, 90_000],
  ['Mon, 23 Nov 2026 12:00:00 GMT', noonMs, 0],
  ['Mon, 23 Nov 2026 11:00:00 GMT', noonMs, undefined],
  ['Mon, 23 Nov 2026 12:01:30 GMT', undefined, undefined],
  ['Mon, 23 Nov 2029 12:00:00 GMT', noonMs, 3_600_000],
  [null, noonMs, undefined],
  ['', noonMs, undefined],
  ['soon', noonMs, undefined],
  ['-1', undefined, undefined],
])('Retry-After: %s, when the server shows %s, is %s ms', (field, serverMs, ms) => {
  expect(retryAfterMs(field, serverMs)).toBe(ms)
})
