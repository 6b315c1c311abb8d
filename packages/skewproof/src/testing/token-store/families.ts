import assert from 'node:assert/strict'
import type { Suite } from './fixture.ts'
import { rotation, sampleFamily, sampleToken, unknownIds } from './samples.ts'

export function familyTests({ describe, test }: Suite): void {
  describe('refresh families', () => {
    test('are found as they were added', async store => {
      const family = sampleFamily({ subject: 'älice\0', grant: '{"scope":"用户"}', generation: 3 })
      await store.addFamily(family)
      assert.deepEqual(await store.findFamily(family.familyId), family)
      for (const id of unknownIds) assert.equal(await store.findFamily(id), undefined)
    })

    test('let no token be added to one that is not live', async store => {
      for (const familyId of unknownIds) {
        const token = sampleToken({ familyId })
        assert.equal(await store.addToken(token), false)
        assert.equal(await store.findToken(token.jti), undefined)
      }
      assert.deepEqual(await store.listTokens('alice'), { tokens: [] })
    })

    test('rotate when the newest token is presented', async store => {
      const family = sampleFamily()
      await store.addFamily(family)
      assert.equal(await store.rotateFamily(rotation(family.familyId, 0)), 'rotated')
      assert.equal(await store.rotateFamily(rotation(family.familyId, 1)), 'rotated')
      assert.deepEqual(await store.findFamily(family.familyId), {
        ...family,
        generation: 2,
        currentHash: 'hash-2',
      })
    })

    test('answer the one before again within the grace, and change nothing', async (store, fixture) => {
      const family = sampleFamily()
      await store.addFamily(family)
      await store.rotateFamily(rotation(family.familyId, 0))
      const repeat = rotation(family.familyId, 0, { graceMs: 1000 })
      await fixture.advance(500)
      assert.equal(await store.rotateFamily(repeat), 'repeated')
      assert.equal((await store.findFamily(family.familyId))?.generation, 1)
      await fixture.advance(1000)
      assert.equal(await store.rotateFamily(repeat), 'mismatch')
    })

    test('refuse an older one, and one that never was', async store => {
      const family = sampleFamily()
      await store.addFamily(family)
      await store.rotateFamily(rotation(family.familyId, 0))
      await store.rotateFamily(rotation(family.familyId, 1))
      assert.equal(await store.rotateFamily(rotation(family.familyId, 0)), 'mismatch')
      assert.equal(await store.rotateFamily(rotation(family.familyId, 7)), 'mismatch')
      assert.equal((await store.findFamily(family.familyId))?.generation, 2)
    })

    test('are unknown when nobody has them', async store => {
      for (const id of unknownIds) assert.equal(await store.rotateFamily(rotation(id, 0)), 'unknown')
    })

    test('rotate once when many present the same token at once', async (store, fixture) => {
      const other = await fixture.open()
      const family = sampleFamily()
      await store.addFamily(family)
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? store : other).rotateFamily(rotation(family.familyId, 0)),
        ),
      )
      assert.equal(outcomes.filter(outcome => outcome === 'rotated').length, 1)
      assert.equal(outcomes.filter(outcome => outcome === 'repeated').length, 19)
      assert.equal((await store.findFamily(family.familyId))?.generation, 1)
    })

    test('die when they are not rotated for long enough', async (store, fixture) => {
      const family = sampleFamily({ idleMs: 1500 })
      await store.addFamily(family)
      await fixture.advance(1000)
      assert.equal(await store.rotateFamily(rotation(family.familyId, 0)), 'rotated')
      await fixture.advance(1000)
      assert.equal((await store.findFamily(family.familyId))?.generation, 1)
      await fixture.advance(1000)
      assert.equal(await store.findFamily(family.familyId), undefined)
      assert.equal(await store.rotateFamily(rotation(family.familyId, 1)), 'unknown')
      assert.equal(await store.addToken(sampleToken({ familyId: family.familyId })), false)
      assert.equal((await store.revokeFamily(family.familyId)).revoked, false)
    })

    test('that die of idleness leave their tokens to live as long as was promised', async (store, fixture) => {
      const family = sampleFamily({ idleMs: 500 })
      await store.addFamily(family)
      const token = sampleToken({ familyId: family.familyId })
      await store.addToken(token)
      await fixture.advance(1500)
      for (let count = 0; count < 20; count += 1) await store.addFamily(sampleFamily())
      assert.equal(await store.findFamily(family.familyId), undefined)
      assert.equal((await store.findToken(token.jti))?.jti, token.jti)
    })

    test('stay revoked for their tokens after they would have died', async (store, fixture) => {
      const family = sampleFamily({ idleMs: 500 })
      await store.addFamily(family)
      const token = sampleToken({ familyId: family.familyId })
      await store.addToken(token)
      await store.revokeFamily(family.familyId)
      await fixture.advance(1500)
      for (let count = 0; count < 20; count += 1) await store.addFamily(sampleFamily())
      assert.equal(await store.findToken(token.jti), undefined)
    })
  })
}
