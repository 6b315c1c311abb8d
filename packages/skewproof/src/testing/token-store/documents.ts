import assert from 'node:assert/strict'
import type { TokenStore } from '../../tokens/store.ts'
import type { Suite } from './fixture.ts'

export function documentTests({ describe, test }: Suite): void {
  describe('documents', () => {
    test('do not exist at first', async store => {
      assert.deepEqual(await content(store, 'keys'), { version: 0, value: undefined })
    })

    test('are read as they were written, by name', async store => {
      const large = JSON.stringify({ text: 'ü"\\\0'.repeat(20_000) })
      assert.equal(await store.writeDocument('keys', large, 0), true)
      assert.equal(await store.writeDocument('clients', '', 0), true)
      assert.deepEqual(await content(store, 'keys'), { version: 1, value: large })
      assert.deepEqual(await content(store, 'clients'), { version: 1, value: '' })
      assert.deepEqual(await content(store, 'key'), { version: 0, value: undefined })
    })

    test('are written only over the version that is expected', async store => {
      assert.equal(await store.writeDocument('keys', 'a', 1), false)
      assert.equal(await store.writeDocument('keys', 'a', 0), true)
      assert.equal(await store.writeDocument('keys', 'b', 0), false)
      assert.equal(await store.writeDocument('keys', 'b', 2), false)
      assert.deepEqual(await content(store, 'keys'), { version: 1, value: 'a' })
      assert.equal(await store.writeDocument('keys', 'b', 1), true)
      assert.deepEqual(await content(store, 'keys'), { version: 2, value: 'b' })
    })

    test('are written by one of many who try at once', async (store, fixture) => {
      const other = await fixture.open()
      const written = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? store : other).writeDocument('keys', `writer ${index}`, 0),
        ),
      )
      assert.equal(written.filter(Boolean).length, 1)
      assert.deepEqual(await content(other, 'keys'), { version: 1, value: `writer ${written.indexOf(true)}` })
    })

    test("tell when they were read, by the store's clock", async (store, fixture) => {
      const first = await store.readDocument('keys')
      await fixture.advance(1500)
      const second = await store.readDocument('keys')
      assert.ok(second.readAtMs - first.readAtMs >= 1000)
    })
  })
}

async function content(store: TokenStore, name: string): Promise<object> {
  const { version, value } = await store.readDocument(name)
  return { version, value }
}
