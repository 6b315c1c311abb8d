import { describe, expect, it } from 'vitest'
import { sampleToken } from '../../testing/token-store/samples.ts'
import type { StoreChange } from '../../tokens/store.ts'
import { type LoggedChange, RevocationMemory, type Sweep } from './memory.ts'
import type { StoredToken } from './record.ts'

const nowMs = 1_000_000

function logged(count: number, change: StoreChange, sweep?: Sweep): LoggedChange {
  return { number: `${count}-1`, change, atMs: nowMs, sweep }
}

function stored(changes: Partial<StoredToken> = {}): StoredToken {
  return { ...sampleToken(), addedAtMs: nowMs - 1, ...changes }
}

function remember(...all: readonly LoggedChange[]): RevocationMemory {
  const memory = new RevocationMemory(100)
  for (const one of all) memory.note(one)
  return memory
}

describe('what a process has seen revoked', () => {
  it('concerns a token by its identifier', () => {
    const memory = remember(logged(1, { kind: 'token', jti: 'one' }))
    expect(memory.concerns(stored({ jti: 'one' }))).toBe(true)
    expect(memory.concerns(stored({ jti: 'two' }))).toBe(false)
    expect(memory.concerns(stored({ subject: 'one', familyId: 'one' }))).toBe(false)
  })

  it('concerns all of a family', () => {
    const memory = remember(logged(1, { kind: 'family', familyId: 'one' }))
    expect(memory.concerns(stored({ familyId: 'one', addedAtMs: nowMs + 1 }))).toBe(true)
    expect(memory.concerns(stored())).toBe(false)
  })

  it.each([
    [nowMs - 1, true],
    [nowMs, false],
    [nowMs + 1, false],
  ])('concerns of a subject what was added at %d: %s', (addedAtMs, expected) => {
    const memory = remember(logged(1, { kind: 'subject', subject: 'alice' }))
    expect(memory.concerns(stored({ subject: 'alice', addedAtMs }))).toBe(expected)
    expect(memory.concerns(stored({ subject: 'bob', addedAtMs }))).toBe(false)
  })

  it.each([
    [{ addedAtMs: nowMs - 101 }, true],
    [{ addedAtMs: nowMs - 100 }, false],
    [{ addedAtMs: nowMs - 1, issuedAtSeconds: 9 }, true],
    [{ addedAtMs: nowMs - 1, issuedAtSeconds: 10 }, false],
    [{ addedAtMs: nowMs, issuedAtSeconds: 9 }, false],
  ])('concerns of a sweep %j: %s', (changes, expected) => {
    const sweep = { addedBeforeMs: nowMs - 100, issuedBeforeSeconds: 10 }
    const memory = remember(logged(1, { kind: 'everything' }, sweep))
    expect(memory.concerns(stored({ issuedAtSeconds: 10, ...changes }))).toBe(expected)
  })

  it('is not widened by a later sweep that reaches less far', () => {
    const memory = remember(
      logged(1, { kind: 'everything' }, { addedBeforeMs: nowMs, issuedBeforeSeconds: 0 }),
      logged(2, { kind: 'everything' }, { addedBeforeMs: 0, issuedBeforeSeconds: 0 }),
    )
    expect(memory.concerns(stored())).toBe(true)
    expect(memory.concerns(stored({ addedAtMs: nowMs }))).toBe(false)
  })

  it('has no part in documents, and in gaps', () => {
    const memory = remember(logged(1, { kind: 'document', name: 'keys' }), logged(2, { kind: 'everything' }))
    expect(memory.newest()).toEqual([])
  })

  it('is bounded, and forgets the oldest first', () => {
    const memory = new RevocationMemory(2)
    for (const jti of ['one', 'two', 'one', 'three']) memory.note(logged(1, { kind: 'token', jti }))
    expect(memory.newest().map(({ change }) => change)).toEqual([
      { kind: 'token', jti: 'three' },
      { kind: 'token', jti: 'one' },
    ])
    memory.clear()
    expect(memory.concerns(stored({ jti: 'one' }))).toBe(false)
  })
})
