import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CookiePool, maxCookies } from './cookies.ts'

it('gives each cookie once, in their order, and holds eight at most', () => {
  const changes = fc.array(fc.oneof(fc.nat(12), fc.constant('take')), { maxLength: 60 })
  fc.assert(
    fc.property(changes, changes => {
      const pool = new CookiePool()
      const expected: Uint8Array[] = []
      for (const change of changes) {
        if (typeof change === 'string') {
          expect(pool.take()).toBe(expected.shift())
        } else {
          const cookies = Array.from({ length: change }, () => new Uint8Array(16))
          pool.add(cookies)
          expected.push(...cookies)
          expected.length = Math.min(expected.length, maxCookies)
        }
        expect(pool.size).toBe(expected.length)
      }
    }),
  )
})
