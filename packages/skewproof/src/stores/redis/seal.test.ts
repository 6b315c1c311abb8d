import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Seal } from './seal.ts'

const seal = new Seal(randomBytes(32))
const unavailable = expect.objectContaining({ code: 'ERR_STORE_UNAVAILABLE' })

describe('a sealed text', () => {
  it('is opened as it was, and never looks the same twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
        const closed = seal.close(text, context)
        expect(seal.open(closed, context)).toBe(text)
        expect(seal.close(text, context)).not.toBe(closed)
      }),
    )
  })

  it('is not opened in another context', () => {
    expect(() => seal.open(seal.close('text', 'keys 1'), 'keys 2')).toThrow(unavailable)
  })

  it('is not opened with another key, which is said', () => {
    const closed = new Seal(randomBytes(32)).close('text', '')
    expect(() => seal.open(closed, '')).toThrow(/encrypted with another key/)
  })

  it('is not opened when any of it was changed', () => {
    const closed = seal.close('{"keys":[]}', '')
    fc.assert(
      fc.property(
        fc.nat({ max: closed.length - 1 }),
        fc.constantFrom('A', 'b', '.', '-'),
        (at, character) => {
          const changed = closed.slice(0, at) + character + closed.slice(at + 1)
          // The last character of base64url may hold bits that count for nothing.
          fc.pre(changed !== closed && at < closed.length - 1)
          expect(() => seal.open(changed, '')).toThrow(unavailable)
        },
      ),
    )
  })

  it('is not made of anything else', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        expect(() => seal.open(text, '')).toThrow(unavailable)
      }),
    )
    expect(() => seal.open('{"keys":[]}', '')).toThrow(/not encrypted/)
  })

  it.each([new Uint8Array(31), new Uint8Array(33), new Uint8Array(0), 'x'.repeat(32)])(
    'has a key of 32 bytes',
    key => {
      expect(() => new Seal(key as Uint8Array)).toThrow(expect.objectContaining({ option: 'encryptionKey' }))
    },
  )
})
