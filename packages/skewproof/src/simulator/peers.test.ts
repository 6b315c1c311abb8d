import { createSecretKey } from 'node:crypto'
import fc from 'fast-check'
import { jwtVerify, SignJWT } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { josePolicy, jsonwebtokenPolicy } from './peers.ts'

const secret = createSecretKey(Buffer.alloc(32, 1))
const nowSeconds = 1_800_000_000

const nearby = fc.option(
  fc.integer({ min: -200, max: 200 }).map(offset => nowSeconds + offset),
  { nil: undefined },
)
const times = fc.record({ iat: nearby, nbf: nearby, exp: nearby })
const toleranceSeconds = fc.constantFrom(0, 30, 60)

function sign(claims: object): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(secret)
}

describe('the model of another library agrees with the library itself', () => {
  it('jsonwebtoken', async () => {
    await fc.assert(
      fc.asyncProperty(times, toleranceSeconds, async (claims, tolerance) => {
        const token = await sign(claims)
        const options = {
          clockTimestamp: nowSeconds,
          clockTolerance: tolerance,
          algorithms: ['HS256' as const],
        }
        let accepted = true
        try {
          jsonwebtoken.verify(token, secret, options)
        } catch {
          accepted = false
        }
        expect(jsonwebtokenPolicy(tolerance).judge(claims, nowSeconds * 1000 + 999).accepted).toBe(accepted)
      }),
      { numRuns: 500 },
    )
  })

  it('jose, with and without maxTokenAge', async () => {
    const maxTokenAge = fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined })
    await fc.assert(
      fc.asyncProperty(times, toleranceSeconds, maxTokenAge, async (claims, tolerance, age) => {
        const options = {
          currentDate: new Date(nowSeconds * 1000 + 999),
          clockTolerance: tolerance,
          ...(age !== undefined && { maxTokenAge: age }),
        }
        const accepted = await jwtVerify(await sign(claims), secret, options).then(
          () => true,
          () => false,
        )
        expect(josePolicy(tolerance, age).judge(claims, nowSeconds * 1000 + 999).accepted).toBe(accepted)
      }),
      { numRuns: 500 },
    )
  })
})
