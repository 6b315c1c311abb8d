import assert from 'node:assert/strict'
import type { Durability, RevocationReceipt } from '../../tokens/store.ts'
import type { Suite } from './fixture.ts'
import { awkwardSubjects, rotation, sampleFamily, sampleToken, unknownIds } from './samples.ts'

const durabilities: readonly Durability[] = ['durable', 'replicated', 'acknowledged']

export function revocationTests({ describe, test }: Suite): void {
  describe('revoking a token', () => {
    test('ends that token alone, at once and for good', async (store, fixture) => {
      const [revoked, other] = [sampleToken(), sampleToken()]
      await store.addToken(revoked)
      await store.addToken(other)
      assertRevoked(await store.revokeToken(revoked.jti))
      assert.equal(await store.findToken(revoked.jti), undefined)
      await fixture.advance(1000)
      assert.equal(await store.findToken(revoked.jti), undefined)
      assert.equal((await store.findToken(other.jti))?.jti, other.jti)
    })

    test('is remembered until the token would have died', async (store, fixture) => {
      const [token, other] = [sampleToken(), sampleToken()]
      for (const one of [token, other]) await store.addToken(one)
      assert.equal(await store.wasRevoked(token.jti), false)
      await store.revokeToken(token.jti)
      assert.equal(await store.wasRevoked(token.jti), true)
      assert.equal(await store.wasRevoked(other.jti), false)
      await store.revokeSubject(other.subject)
      assert.equal(await store.wasRevoked(other.jti), true)
      for (const id of unknownIds) assert.equal(await store.wasRevoked(id), false)
      await fixture.advance(
        Math.max(token.lifetimeMs, other.lifetimeMs) + token.toleranceMs + other.toleranceMs,
      )
      for (const { jti } of [token, other]) assert.equal(await store.wasRevoked(jti), false)
    })

    test('says when there was nothing to revoke', async store => {
      for (const id of unknownIds) assert.equal((await store.revokeToken(id)).revoked, false)
      const token = sampleToken()
      await store.addToken(token)
      await store.revokeToken(token.jti)
      assert.equal((await store.revokeToken(token.jti)).revoked, false)
    })

    test('is done by one of many who try at once', async (store, fixture) => {
      const other = await fixture.open()
      const token = sampleToken()
      await store.addToken(token)
      const receipts = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? store : other).revokeToken(token.jti)),
      )
      assert.equal(receipts.filter(receipt => receipt.revoked).length, 1)
    })
  })

  describe('revoking a subject', () => {
    test('ends its tokens and families, and nobody else has to care', async store => {
      const [own, others] = [sampleFamily(), sampleFamily({ subject: 'bob' })]
      await store.addFamily(own)
      await store.addFamily(others)
      const dead = [sampleToken(), sampleToken({ familyId: own.familyId })]
      const living = [
        sampleToken({ subject: 'bob' }),
        sampleToken({ subject: 'bob', familyId: others.familyId }),
      ]
      for (const token of [...dead, ...living]) await store.addToken(token)
      assertRevoked(await store.revokeSubject('alice'))
      for (const { jti } of dead) assert.equal(await store.findToken(jti), undefined)
      for (const { jti } of living) assert.equal((await store.findToken(jti))?.jti, jti)
      assert.deepEqual(await store.listTokens('alice'), { tokens: [] })
      assert.equal(await store.findFamily(own.familyId), undefined)
      assert.equal(await store.rotateFamily(rotation(own.familyId, 0)), 'unknown')
      assert.equal(await store.addToken(sampleToken({ familyId: own.familyId })), false)
      assert.equal(await store.rotateFamily(rotation(others.familyId, 0)), 'rotated')
    })

    test('does not concern what is issued right after it', async store => {
      await store.addToken(sampleToken())
      for (let round = 0; round < 20; round += 1) {
        await store.revokeSubject('alice')
        const family = sampleFamily()
        await store.addFamily(family)
        const token = sampleToken({ familyId: family.familyId })
        assert.equal(await store.addToken(token), true)
        assert.deepEqual(
          (await store.listTokens('alice')).tokens.map(({ jti }) => jti),
          [token.jti],
        )
        assert.equal((await store.findFamily(family.familyId))?.familyId, family.familyId)
      }
    })

    test('holds for as long as anything lives that it concerns', async (store, fixture) => {
      const short = sampleToken({ lifetimeMs: 500, toleranceMs: 0 })
      const long = sampleToken({ lifetimeMs: 10_000 })
      await store.addToken(long)
      await store.addToken(short)
      await store.revokeSubject('alice')
      await fixture.advance(1500)
      await store.addToken(sampleToken({ subject: 'bob' }))
      assert.equal(await store.findToken(long.jti), undefined)
    })

    test('holds whatever text the subject is', async store => {
      const tokens = awkwardSubjects.map(subject => sampleToken({ subject }))
      for (const token of tokens) await store.addToken(token)
      for (const [index, subject] of awkwardSubjects.entries()) {
        assertRevoked(await store.revokeSubject(subject))
        const live = await Promise.all(tokens.map(({ jti }) => store.findToken(jti)))
        assert.deepEqual(
          live.map(token => token !== undefined),
          tokens.map((_, position) => position > index),
        )
      }
    })

    test('succeeds when there is nothing to revoke', async store => {
      assertRevoked(await store.revokeSubject('nobody'))
    })

    test('beats all that was acknowledged before it, in a storm of additions', async (store, fixture) => {
      const other = await fixture.open()
      const acknowledged = new Set<string>()
      const storm = Array.from({ length: 200 }, async (_, index) => {
        const token = sampleToken()
        await (index % 2 === 0 ? store : other).addToken(token)
        acknowledged.add(token.jti)
      })
      await storm[50]
      const before = [...acknowledged]
      await other.revokeSubject('alice')
      for (const jti of before) assert.equal(await store.findToken(jti), undefined)
      await Promise.all(storm)
    })
  })

  describe('revoking a family', () => {
    test('ends it and every token issued from it', async store => {
      const [own, others] = [sampleFamily(), sampleFamily()]
      await store.addFamily(own)
      await store.addFamily(others)
      const dead = [sampleToken({ familyId: own.familyId }), sampleToken({ familyId: own.familyId })]
      const living = [sampleToken({ familyId: others.familyId }), sampleToken()]
      for (const token of [...dead, ...living]) await store.addToken(token)
      assertRevoked(await store.revokeFamily(own.familyId))
      assert.deepEqual(
        (await store.listTokens('alice')).tokens.map(({ jti }) => jti),
        living.map(({ jti }) => jti),
      )
      for (const { jti } of dead) {
        assert.equal(await store.findToken(jti), undefined)
        assert.equal((await store.revokeToken(jti)).revoked, false)
      }
      assert.equal(await store.findFamily(own.familyId), undefined)
      assert.equal(await store.rotateFamily(rotation(own.familyId, 0)), 'unknown')
    })

    test('says when there was nothing to revoke', async store => {
      for (const id of unknownIds) assert.equal((await store.revokeFamily(id)).revoked, false)
      const family = sampleFamily()
      await store.addFamily(family)
      await store.revokeFamily(family.familyId)
      assert.equal((await store.revokeFamily(family.familyId)).revoked, false)
    })

    test('leaves no token behind that was being issued', async (store, fixture) => {
      const other = await fixture.open()
      const family = sampleFamily()
      await store.addFamily(family)
      const tokens = Array.from({ length: 100 }, () => sampleToken({ familyId: family.familyId }))
      const additions = tokens.map((token, index) => (index % 2 === 0 ? store : other).addToken(token))
      await other.revokeFamily(family.familyId)
      const recorded = await Promise.all(additions)
      assert.equal(recorded.length, tokens.length)
      for (const { jti } of tokens) assert.equal(await store.findToken(jti), undefined)
      assert.equal(await store.addToken(sampleToken({ familyId: family.familyId })), false)
    })
  })
}

function assertRevoked({ revoked, durability }: RevocationReceipt): void {
  assert.equal(revoked, true)
  assert.ok(durabilities.includes(durability))
}
