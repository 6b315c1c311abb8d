import { describe, expect, it } from 'vitest'
import { type CachedToken, RevocationIndex } from './changes.ts'

const alice: CachedToken = { jti: 'a1', subject: 'alice', familyId: 'f1' }

describe('RevocationIndex', () => {
  it.each([
    [{ kind: 'token', jti: 'a1' }, false],
    [{ kind: 'token', jti: 'a2' }, true],
    [{ kind: 'subject', subject: 'alice' }, false],
    [{ kind: 'subject', subject: 'bob' }, true],
    // A jti that is spelt like a subject is not that subject.
    [{ kind: 'token', jti: 'alice' }, true],
    [{ kind: 'family', familyId: 'f1' }, false],
    [{ kind: 'family', familyId: 'f2' }, true],
    [{ kind: 'everything' }, false],
    [{ kind: 'document', name: 'keys' }, true],
  ] as const)('after %j a token that was looked up before is current: %s', (change, current) => {
    const index = new RevocationIndex(10)
    const sequence = index.sequence
    index.apply([change])
    expect(index.isCurrent(alice, sequence)).toBe(current)
  })

  it('does not concern what was looked up later', () => {
    const index = new RevocationIndex(10)
    index.apply([{ kind: 'subject', subject: 'alice' }])
    expect(index.isCurrent(alice, index.sequence)).toBe(true)
    index.apply([{ kind: 'token', jti: 'other' }])
    expect(index.isCurrent(alice, index.sequence - 1)).toBe(true)
  })

  it('forgets in the safe direction when it is full', () => {
    const index = new RevocationIndex(3)
    const before = index.sequence
    index.apply(Array.from({ length: 10 }, (_, id) => ({ kind: 'token' as const, jti: `x${id}` })))
    expect(index.isCurrent(alice, before)).toBe(false)
    expect(index.isCurrent(alice, index.sequence)).toBe(true)
  })
})
