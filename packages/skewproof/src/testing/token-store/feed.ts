import assert from 'node:assert/strict'
import type { ChangeFeed, StoreChange } from '../../tokens/store.ts'
import { type Suite, settled } from './fixture.ts'
import { sampleFamily, sampleToken } from './samples.ts'

export function feedTests({ describe, test }: Suite): void {
  describe('the feed', () => {
    test('begins with what happens from now on', async (store, fixture) => {
      await store.revokeSubject('alice')
      await settled(fixture)
      const feed = store.openFeed()
      assert.deepEqual(take(feed), [])
      feed.close()
    })

    test('shows each change once, oldest first, on every handle', async (store, fixture) => {
      const other = await fixture.open()
      const feeds = [store.openFeed(), store.openFeed(), other.openFeed()]
      const family = sampleFamily()
      const token = sampleToken()
      await store.addFamily(family)
      await store.addToken(token)
      await store.revokeToken(token.jti)
      await other.revokeFamily(family.familyId)
      await other.revokeSubject('alice')
      const expected: readonly StoreChange[] = [
        { kind: 'token', jti: token.jti },
        { kind: 'family', familyId: family.familyId },
        { kind: 'subject', subject: 'alice' },
      ]
      await settled(fixture)
      for (const feed of feeds) assert.deepEqual(take(feed), expected)
      await settled(fixture)
      for (const feed of feeds) assert.deepEqual(take(feed), [])
      for (const feed of feeds) feed.close()
    })

    test('shows changes of subjects, of documents, and of everything', async (store, fixture) => {
      const other = await fixture.open()
      const feeds = [store.openFeed(), other.openFeed()]
      const changes: readonly [() => Promise<unknown>, StoreChange][] = [
        [() => store.revokeSubject('älice'), { kind: 'subject', subject: 'älice' }],
        [() => other.revokeOlderThan(0, 0), { kind: 'everything' }],
        [() => store.writeDocument('keys', '{}', 0), { kind: 'document', name: 'keys' }],
      ]
      for (const [change, expected] of changes) {
        await change()
        await settled(fixture)
        for (const feed of feeds) {
          const taken = take(feed)
          assert.ok(taken.length > 0)
          for (const one of taken) assert.deepEqual(one, expected)
        }
      }
      for (const feed of feeds) assert.deepEqual(feed.take(), [])
      for (const feed of feeds) feed.close()
    })

    test('is silent about what changes nothing that was learned before', async (store, fixture) => {
      const feed = store.openFeed()
      const token = sampleToken()
      await store.addToken(token)
      await store.revokeToken('nobody')
      await store.revokeFamily('nobody')
      await store.writeDocument('keys', '{}', 5)
      await settled(fixture)
      assert.deepEqual(take(feed), [])
      feed.close()
    })

    test('sees each change that was acknowledged before', async (store, fixture) => {
      const other = await fixture.open()
      const feed = store.openFeed()
      for (let round = 0; round < 50; round += 1) {
        const token = sampleToken()
        await other.addToken(token)
        feed.take()
        await other.revokeToken(token.jti)
        await settled(fixture)
        assert.deepEqual(take(feed), [{ kind: 'token', jti: token.jti }])
        assert.deepEqual(take(feed), [])
      }
      feed.close()
    })

    test('tells a reader that is far behind everything, or that it missed some', async (store, fixture) => {
      const feed = store.openFeed()
      const count = 12_000
      const subjects = Array.from({ length: count }, (_, index) => `subject ${index}`)
      await Promise.all(subjects.map(subject => store.revokeSubject(subject)))
      await settled(fixture)
      const changes = feed.take()
      if (!changes.some(change => change.kind === 'everything')) {
        assert.deepEqual(new Set(changes.map(changedSubject)), new Set(subjects))
      }
      await store.revokeSubject('one more')
      await settled(fixture)
      assert.deepEqual(take(feed), [{ kind: 'subject', subject: 'one more' }])
      feed.close()
    })
  })
}

/** What changed; how old it is, not every store knows. */
function take(feed: ChangeFeed): readonly StoreChange[] {
  return feed.take().map(({ ageMs, ...change }) => {
    assert.ok(ageMs === undefined || ageMs >= 0)
    return change
  })
}

function changedSubject(change: StoreChange): string | undefined {
  return change.kind === 'subject' ? change.subject : undefined
}
