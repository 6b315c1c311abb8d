import { expect, it } from 'vitest'
import { isCurable } from './challenge.ts'

it.each([
  [null, true],
  ['Bearer', true],
  ['Bearer realm="skewproof"', true],
  ['Bearer realm="skewproof", error="invalid_token", error_description="the token is expired"', true],
  ['bearer error=invalid_token', true],
  ['Bearer error = "invalid_token"', true],
  ['Bearer error="invalid_token", error_description="not error=\\"insufficient_scope\\""', true],
  ['Basic realm="x", Bearer error="invalid_token"', true],
  ['Bearer error="insufficient_scope", scope="admin"', false],
  ['Bearer error="invalid_request"', false],
  ['Bearer error=invalid_tokens', false],
  ['Bearer error="insufficient_scope", error_description="not error=\\"invalid_token\\""', false],
  ['Bearer error="insufficient_scope", error_description="invalid_token"', false],
  ['Basic realm="x"', false],
  ['Basic realm="Bearer error=invalid_token"', false],
  ['Basic realm="Bearer error=invalid_token', false],
  ['Bearer realm="error=insufficient_scope', true],
  ['DPoP error="invalid_token"', false],
  ['', false],
])('of a 401 with %j, another token cures: %s', (challenge, curable) => {
  expect(isCurable(challenge)).toBe(curable)
})

it('takes a quote that is never closed for one, however many quotes it holds', () => {
  expect(isCurable(`Bearer error="insufficient_scope", realm="${'\\"'.repeat(100_000)}`)).toBe(false)
  expect(isCurable(`Bearer realm="${'\\"'.repeat(100_000)} error=insufficient_scope`)).toBe(true)
})
