import assert from 'node:assert/strict'
import { subjectTag } from '../../tokens/identifiers.ts'
import type { LiveToken } from '../../tokens/store.ts'
import type { Suite } from './fixture.ts'
import { awkwardSubjects, sampleFamily, sampleToken, unknownIds } from './samples.ts'

export function tokenTests({ describe, test }: Suite): void {
  describe('tokens', () => {
    test('finds what was added, with everything but the token itself', async store => {
      const family = sampleFamily()
      await store.addFamily(family)
      const { lifetimeMs, toleranceMs, ...described } = sampleToken({
        familyId: family.familyId,
        clientId: 'client',
        scope: 'read write',
      })
      assert.equal(await store.addToken({ ...described, lifetimeMs, toleranceMs }), true)
      const { remainingMs, errorMs, ...found } = required(await store.findToken(described.jti))
      assert.deepEqual(found, described)
      assert.ok(remainingMs <= lifetimeMs + errorMs)
    })

    test('leaves out what a token does not have', async store => {
      const token = sampleToken()
      await store.addToken(token)
      const found = required(await store.findToken(token.jti))
      assert.deepEqual(Object.keys(found).sort(), [
        'errorMs',
        'issuedAtSeconds',
        'jti',
        'remainingMs',
        'subject',
      ])
    })

    test('knows nothing of an identifier that nobody has', async store => {
      await store.addToken(sampleToken())
      for (const id of unknownIds) assert.equal(await store.findToken(id), undefined)
    })

    test('tells identifiers apart by case, and takes the longest and the oddest', async store => {
      const tag = subjectTag('alice')
      const ends = ['', 'abc', 'ABC', 'a'.repeat(60), `${'a'.repeat(59)}b`, '__proto__', '-', '_']
      for (const [count, end] of ends.entries())
        await store.addToken(sampleToken({ jti: tag + end, clientId: `client ${count}` }))
      for (const [count, end] of ends.entries())
        assert.equal((await store.findToken(tag + end))?.clientId, `client ${count}`)
    })

    test('keeps subjects apart and returns them as they were, whatever text they are', async store => {
      const tokens = awkwardSubjects.map(subject => sampleToken({ subject }))
      await Promise.all(tokens.map(token => store.addToken(token)))
      for (const { jti, subject } of tokens) {
        assert.equal((await store.findToken(jti))?.subject, subject)
        assert.deepEqual(
          (await store.listTokens(subject)).tokens.map(token => token.jti),
          [jti],
        )
      }
    })

    test('tells how long a token has to live, to the error that it states', async (store, fixture) => {
      const token = sampleToken({ lifetimeMs: 10_000 })
      const beforeMs = fixture.nowMs()
      await store.addToken(token)
      const addedMs = fixture.nowMs()
      for (const stepMs of [0, 700, 800]) {
        await fixture.advance(stepMs)
        const askedMs = fixture.nowMs()
        const { remainingMs, errorMs } = required(await store.findToken(token.jti))
        const answeredMs = fixture.nowMs()
        assert.ok(remainingMs <= 10_000 - (askedMs - addedMs) + errorMs)
        assert.ok(remainingMs >= 10_000 - (answeredMs - beforeMs) - errorMs)
        assert.ok(errorMs >= 0 && errorMs <= 1000)
      }
    })

    test('keeps a token for its lifetime and the tolerance, and no longer', async (store, fixture) => {
      const token = sampleToken({ lifetimeMs: 1000, toleranceMs: 1000 })
      await store.addToken(token)
      await fixture.advance(1500)
      const found = required(await store.findToken(token.jti))
      assert.ok(found.remainingMs <= -500 + found.errorMs, `${found.remainingMs} ms remain`)
      await fixture.advance(1000)
      assert.equal(await store.findToken(token.jti), undefined)
      assert.deepEqual(await store.listTokens('alice'), { tokens: [] })
      assert.equal((await store.revokeToken(token.jti)).revoked, false)
    })

    test('lets each token die at its own time', async (store, fixture) => {
      const short = sampleToken({ lifetimeMs: 500, toleranceMs: 0 })
      const long = sampleToken({ lifetimeMs: 5000, toleranceMs: 0 })
      await store.addToken(long)
      await store.addToken(short)
      await fixture.advance(1000)
      assert.equal(await store.findToken(short.jti), undefined)
      assert.equal((await store.findToken(long.jti))?.jti, long.jti)
    })

    test('takes lifetimes that are no whole number of milliseconds', async store => {
      const token = sampleToken({ lifetimeMs: 9999.25, toleranceMs: 0.5 })
      await store.addToken(token)
      const { remainingMs, errorMs } = required(await store.findToken(token.jti))
      assert.ok(remainingMs <= 9999.25 + errorMs && remainingMs > 0)
    })

    test('shows on one handle what was acknowledged on another', async (store, fixture) => {
      const other = await fixture.open()
      for (let round = 0; round < 20; round += 1) {
        const token = sampleToken()
        await store.addToken(token)
        assert.equal((await other.findToken(token.jti))?.jti, token.jti)
        await other.revokeToken(token.jti)
        assert.equal(await store.findToken(token.jti), undefined)
      }
    })

    test('records all of many that are added at once, on two handles', async (store, fixture) => {
      const handles = [store, await fixture.open()]
      const tokens = Array.from({ length: 500 }, () => sampleToken())
      await Promise.all(tokens.map((token, index) => handles[index % 2]?.addToken(token)))
      const found = await Promise.all(tokens.map(token => store.findToken(token.jti)))
      assert.deepEqual(
        found.map(token => token?.jti),
        tokens.map(token => token.jti),
      )
    })
  })
}

function required(token: LiveToken | undefined): LiveToken {
  assert.ok(token !== undefined, 'the token should be live')
  return token
}
