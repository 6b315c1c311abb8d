import assert from 'node:assert/strict'
import { nextTurn, type Suite } from './fixture.ts'
import { rotation, sampleFamily, sampleToken } from './samples.ts'

export function lifecycleTests({ describe, test }: Suite): void {
  describe('closing', () => {
    test('waits for the writes that are under way', async store => {
      const additions = Array.from({ length: 50 }, () => store.addToken(sampleToken()))
      await store.close()
      assert.ok((await Promise.all(additions)).every(Boolean))
    })

    test('makes every further use fail as an unavailable store', async store => {
      const feed = store.openFeed()
      await store.close()
      await nextTurn()
      const uses = [
        () => store.addToken(sampleToken()),
        () => store.findToken('id'),
        () => store.listTokens('alice'),
        () => store.revokeToken('id'),
        () => store.revokeSubject('alice'),
        () => store.revokeFamily('id'),
        () => store.revokeOlderThan(0, 0),
        () => store.wasRevoked('id'),
        () => store.listRevoked('list'),
        () => store.addFamily(sampleFamily()),
        () => store.findFamily('id'),
        () => store.rotateFamily(rotation('id', 0)),
        () => store.readDocument('keys'),
        () => store.writeDocument('keys', '{}', 0),
        async () => store.openFeed(),
        async () => feed.take(),
      ]
      for (const use of uses) await assert.rejects(use, { code: 'ERR_STORE_UNAVAILABLE', httpStatus: 503 })
    })

    test('may be done twice, and a feed may be closed after it', async store => {
      const feed = store.openFeed()
      await store.close()
      await store.close()
      feed.close()
      feed.close()
    })
  })
}
