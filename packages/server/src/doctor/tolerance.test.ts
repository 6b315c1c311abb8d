import { expect, it } from 'vitest'
import type { CheckStatus } from './check.ts'
import { judgeTolerance } from './tolerance.ts'

it.each<[string, CheckStatus, RegExp]>([
  ['auto', 'pass', /what the clocks allow/],
  ['0s', 'fail', /no tolerance/],
  ['0ms', 'fail', /no tolerance/],
  ['1ms', 'warn', /1ms is short/],
  ['29.999s', 'warn', /is short/],
  ['30s', 'pass', /is 30s/],
  ['60s', 'pass', /is 1m 0s/],
  ['1m', 'pass', /is 1m 0s/],
  ['60.001s', 'fail', /keeps expired tokens alive/],
  ['1h', 'fail', /keeps expired tokens alive/],
  ['30', 'fail', /is not a duration/],
  ['-1s', 'fail', /is not a duration/],
  ['', 'fail', /is not a duration/],
])('a tolerance of %j', (tolerance, status, message) => {
  const check = judgeTolerance(tolerance)
  expect(check).toMatchObject({ id: 'tolerance.configured', status, message: expect.stringMatching(message) })
})
