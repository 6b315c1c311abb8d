import assert from 'node:assert/strict'
import type { Suite } from './fixture.ts'
import { hourMs, rotation, sampleFamily, sampleToken } from './samples.ts'

/** An `iat` that no sample is before. */
const never = 0

export function sweepingRevocationTests({ describe, test }: Suite): void {
  describe('revoking all that is older', () => {
    test("ends tokens and families by their age on the store's clock", async (store, fixture) => {
      const oldFamily = sampleFamily()
      const oldToken = sampleToken()
      await store.addFamily(oldFamily)
      await store.addToken(oldToken)
      await fixture.advance(2000)
      const newFamily = sampleFamily()
      const newToken = sampleToken({ familyId: newFamily.familyId })
      await store.addFamily(newFamily)
      await store.addToken(newToken)
      assert.equal((await store.revokeOlderThan(1000, never)).revoked, true)
      assert.equal(await store.findToken(oldToken.jti), undefined)
      assert.equal(await store.findFamily(oldFamily.familyId), undefined)
      assert.equal(await store.rotateFamily(rotation(oldFamily.familyId, 0)), 'unknown')
      assert.equal((await store.findToken(newToken.jti))?.jti, newToken.jti)
      assert.equal((await store.findFamily(newFamily.familyId))?.familyId, newFamily.familyId)
      assert.equal((await store.listTokens('alice')).tokens.length, 1)
    })

    test('counts the age of a family from its beginning, not from its last rotation', async (store, fixture) => {
      const family = sampleFamily()
      await store.addFamily(family)
      await fixture.advance(2000)
      assert.equal(await store.rotateFamily(rotation(family.familyId, 0)), 'rotated')
      await store.revokeOlderThan(1000, never)
      assert.equal(await store.findFamily(family.familyId), undefined)
    })

    test("ends tokens by their iat on their issuer's clock, however young the store finds them", async store => {
      const before = sampleToken({ issuedAtSeconds: 999 })
      const after = sampleToken({ issuedAtSeconds: 1000 })
      await store.addToken(before)
      await store.addToken(after)
      await store.revokeOlderThan(hourMs, 1000)
      assert.equal(await store.findToken(before.jti), undefined)
      assert.equal((await store.findToken(after.jti))?.jti, after.jti)
    })

    test('does not concern what is issued later, even by an issuer whose clock is behind', async store => {
      await store.revokeOlderThan(0, 1000)
      const late = sampleToken({ issuedAtSeconds: 850 })
      await store.addToken(late)
      assert.equal((await store.findToken(late.jti))?.jti, late.jti)
      await store.revokeOlderThan(hourMs, 500)
      assert.equal((await store.findToken(late.jti))?.jti, late.jti)
      await store.revokeOlderThan(hourMs, 851)
      assert.equal(await store.findToken(late.jti), undefined)
    })

    test('is not undone by a later one that reaches less far', async (store, fixture) => {
      const token = sampleToken({ issuedAtSeconds: 1000 })
      const family = sampleFamily()
      await store.addToken(token)
      await store.addFamily(family)
      await fixture.advance(1000)
      await store.revokeOlderThan(500, 2000)
      await store.revokeOlderThan(hourMs, 10)
      assert.equal(await store.findToken(token.jti), undefined)
      assert.equal(await store.findFamily(family.familyId), undefined)
    })
  })
}
