import assert from 'node:assert/strict'
import type { TokenRecord, TokenStore } from '../../tokens/store.ts'
import type { Suite } from './fixture.ts'
import { hourMs, sampleFamily, sampleToken, unknownIds } from './samples.ts'

export function statusListTests({ describe, test }: Suite): void {
  describe('status lists', () => {
    test("give a token's place back with the token", async store => {
      const token = sampleToken({ status: { list: 'list', index: 8_388_607 } })
      await store.addToken(token)
      assert.deepEqual((await store.findToken(token.jti))?.status, token.status)
    })

    test('have nobody on them at first', async store => {
      await store.addToken(tokenAt(3))
      for (const list of ['list', 'other', ...unknownIds]) assert.deepEqual(await readAll(store, list), [])
    })

    test('name the place of a token that is revoked, on its list alone', async (store, fixture) => {
      const other = await fixture.open()
      const tokens = [0, 1, 7, 8, 131_071].map(index => tokenAt(index))
      const elsewhere = tokenAt(2, { status: { list: 'list-2', index: 2 } })
      for (const token of [...tokens, elsewhere, sampleToken()]) await store.addToken(token)
      for (const token of [tokens[1], tokens[4], elsewhere]) await other.revokeToken(token?.jti ?? '')
      assert.deepEqual(await readAll(store, 'list'), [1, 131_071])
      assert.deepEqual(await readAll(other, 'list'), [1, 131_071])
      assert.deepEqual(await readAll(store, 'list-2'), [2])
      assert.deepEqual(await readAll(store, 'List'), [])
    })

    test('name the places of all that belongs to a revoked subject, and of nothing later', async store => {
      for (const index of [4, 2]) await store.addToken(tokenAt(index))
      await store.addToken(tokenAt(3, { subject: 'bob' }))
      await store.revokeSubject('alice')
      await store.addToken(tokenAt(5))
      assert.deepEqual(await readAll(store, 'list'), [2, 4])
    })

    test('name the places of all that belongs to a revoked family', async store => {
      const family = sampleFamily()
      await store.addFamily(family)
      for (const index of [6, 1]) await store.addToken(tokenAt(index, { familyId: family.familyId }))
      await store.addToken(tokenAt(3))
      await store.revokeFamily(family.familyId)
      assert.deepEqual(await readAll(store, 'list'), [1, 6])
    })

    test('name the places of all that a sweeping revocation has ended', async (store, fixture) => {
      await store.addToken(tokenAt(1))
      await fixture.advance(2000)
      await store.addToken(tokenAt(2))
      await store.addToken(tokenAt(3, { issuedAtSeconds: 5 }))
      await store.revokeOlderThan(1000, 10)
      await store.addToken(tokenAt(4))
      assert.deepEqual(await readAll(store, 'list'), [1, 3])
    })

    test('forget a place when its token has died', async (store, fixture) => {
      const short = tokenAt(1, { lifetimeMs: 500, toleranceMs: 500 })
      const long = tokenAt(2)
      for (const token of [short, long]) await store.addToken(token)
      for (const { jti } of [short, long]) await store.revokeToken(jti)
      assert.deepEqual(await readAll(store, 'list'), [1, 2])
      await fixture.advance(1500)
      for (let count = 0; count < 20; count += 1) await store.addToken(sampleToken())
      assert.deepEqual(await readAll(store, 'list'), [2])
    })

    test('let no second token have a place', async (store, fixture) => {
      const other = await fixture.open()
      const first = tokenAt(1)
      const second = tokenAt(1)
      assert.equal(await store.addToken(first), true)
      assert.equal(await other.addToken(second), false)
      assert.equal(await other.findToken(second.jti), undefined)
      assert.equal((await store.listTokens('alice')).tokens.length, 1)
      await store.revokeToken(first.jti)
      assert.equal(await store.addToken(second), false)
      assert.deepEqual(await readAll(store, 'list'), [1])
    })

    test('give a place to one of many who take it at once', async (store, fixture) => {
      const other = await fixture.open()
      const added = await Promise.all(
        Array.from({ length: 20 }, (_, count) => (count % 2 === 0 ? store : other).addToken(tokenAt(7))),
      )
      assert.equal(added.filter(Boolean).length, 1)
      assert.equal((await store.listTokens('alice')).tokens.length, 1)
    })

    test('can be read whole, however long', async store => {
      const tokens = Array.from({ length: 3000 }, (_, index) => tokenAt(index))
      await Promise.all(tokens.map(token => store.addToken(token)))
      const revoked = tokens.filter((_, index) => index % 3 === 0)
      await Promise.all(revoked.map(({ jti }) => store.revokeToken(jti)))
      assert.deepEqual(
        await readAll(store, 'list'),
        revoked.map(({ status }) => status?.index),
      )
    })

    test('refuse a cursor that cannot be', async store => {
      for (const cursor of ['', 'nonsense', '-1', '9'.repeat(1000)]) {
        await assert.rejects(store.listRevoked('list', cursor), { code: 'ERR_OPTION', option: 'cursor' })
      }
    })
  })
}

function tokenAt(index: number, changes: Partial<TokenRecord> = {}): TokenRecord {
  return sampleToken({ lifetimeMs: hourMs, status: { list: 'list', index }, ...changes })
}

/** All revoked places, in order and each once. */
async function readAll(store: TokenStore, list: string): Promise<readonly number[]> {
  const found = new Set<number>()
  let cursor: string | undefined
  do {
    const part = await store.listRevoked(list, cursor)
    for (const index of part.indices) found.add(index)
    cursor = part.cursor
  } while (cursor !== undefined)
  return [...found].sort((one, other) => one - other)
}
