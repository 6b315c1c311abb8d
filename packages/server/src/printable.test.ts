import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printable, printableJson } from './printable.ts'

const hostile = '\u0000\u001b[2J\u007f\u0085\u009b31m\u009f\u061c\u200f\u202e\u2066\ufeff\u{e0001}'
const obeyed = /[^\P{C}\n]/u

describe('what is printed', () => {
  it('holds nothing that a terminal would obey, and as JSON has the same value', () => {
    expect(printable(hostile)).not.toMatch(/[^\P{Cc}\n]/u)
    expect(printableJson({ sub: '\u009b31m' })).toBe('{"sub":"\\u009b31m"}')
    const unit = fc.integer({ min: 0, max: 0x10_ff_ff }).map(code => String.fromCodePoint(code))
    const texts = fc.oneof(fc.string({ unit, maxLength: 20 }), fc.constant(hostile))
    fc.assert(
      fc.property(texts, fc.constantFrom(undefined, 2), (key, indent) => {
        const value = { [key]: [key] }
        const text = printableJson(value, indent)
        expect(text).not.toMatch(obeyed)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})
