import assert from 'node:assert/strict'
import type { TokenStore } from '../../tokens/store.ts'
import type { Suite } from './fixture.ts'
import { sampleToken } from './samples.ts'

export function listTests({ describe, test }: Suite): void {
  describe('lists of a subject', () => {
    test('are empty for a subject that has nothing', async store => {
      await store.addToken(sampleToken({ subject: 'bob' }))
      assert.deepEqual(await store.listTokens('alice'), { tokens: [] })
    })

    test('give the oldest first, with what findToken gives', async store => {
      const ids = await addSeveral(store, 5)
      const { tokens, cursor } = await store.listTokens('alice')
      assert.deepEqual(
        tokens.map(token => token.jti),
        ids,
      )
      assert.equal(cursor, undefined)
      const found = await store.findToken(tokens[0]?.jti ?? '')
      assert.deepEqual(withoutTime(tokens[0]), withoutTime(found))
    })

    test('come in pages that follow one another without gap or repetition', async store => {
      const ids = await addSeveral(store, 7)
      for (const limit of [1, 2, 3, 6, 7, 8]) assert.deepEqual(await readAll(store, limit), ids)
    })

    test('end without a cursor when the last page is full', async store => {
      await addSeveral(store, 4)
      const first = await store.listTokens('alice', { limit: 2 })
      assert.ok(first.cursor !== undefined)
      assert.equal((await store.listTokens('alice', { limit: 2, cursor: first.cursor })).cursor, undefined)
    })

    test('have 100 on a page unless told otherwise, and up to 1000', async store => {
      await addSeveral(store, 150)
      assert.equal((await store.listTokens('alice')).tokens.length, 100)
      assert.equal((await store.listTokens('alice', { limit: 1000 })).tokens.length, 150)
    })

    test('go on after a page whose last token has been revoked meanwhile', async store => {
      const ids = await addSeveral(store, 4)
      const { tokens, cursor } = await store.listTokens('alice', { limit: 2 })
      await store.revokeToken(tokens[1]?.jti ?? '')
      const rest = await store.listTokens('alice', { limit: 2, ...(cursor !== undefined && { cursor }) })
      assert.deepEqual(
        rest.tokens.map(token => token.jti),
        ids.slice(2),
      )
    })

    test('leave out what has died or was revoked', async (store, fixture) => {
      const short = sampleToken({ lifetimeMs: 500, toleranceMs: 0 })
      const revoked = sampleToken()
      const kept = sampleToken()
      for (const token of [short, revoked, kept]) await store.addToken(token)
      await store.revokeToken(revoked.jti)
      await fixture.advance(1000)
      assert.deepEqual(await readAll(store, 1), [kept.jti])
    })

    test('refuse a limit or a cursor that cannot be', async store => {
      for (const limit of [0, -1, 1001, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await assert.rejects(store.listTokens('alice', { limit }), { code: 'ERR_OPTION', option: 'limit' })
      }
      for (const cursor of ['', 'nonsense', '-1', '1e3', '9'.repeat(1000)]) {
        await assert.rejects(store.listTokens('alice', { cursor }), { code: 'ERR_OPTION', option: 'cursor' })
      }
    })
  })
}

async function addSeveral(store: TokenStore, count: number): Promise<string[]> {
  const tokens = Array.from({ length: count }, () => sampleToken())
  for (const token of tokens) await store.addToken(token)
  return tokens.map(token => token.jti)
}

async function readAll(store: TokenStore, limit: number): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.listTokens('alice', { limit, ...(cursor !== undefined && { cursor }) })
    assert.ok(page.tokens.length <= limit)
    ids.push(...page.tokens.map(token => token.jti))
    cursor = page.cursor
  } while (cursor !== undefined)
  return ids
}

function withoutTime(token: object | undefined): object {
  return { ...token, remainingMs: 0, errorMs: 0 }
}
