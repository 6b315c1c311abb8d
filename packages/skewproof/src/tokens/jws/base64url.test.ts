import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asciiBytes, decodeBase64url } from './base64url.ts'

function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text)
  return decodeBase64url(bytes, 0, bytes.length)
}

describe('decodeBase64url', () => {
  it('reads the examples of RFC 4648, section 10, without their padding', () => {
    const examples = { f: 'Zg', fo: 'Zm8', foo: 'Zm9v', foob: 'Zm9vYg', fooba: 'Zm9vYmE', foobar: 'Zm9vYmFy' }
    for (const [text, encoded] of Object.entries(examples)) expect(decode(encoded)?.toString()).toBe(text)
  })

  it.each([
    ['padding', 'Zg=='],
    ['the alphabet of section 4', '+/+/'],
    ['a line break', 'Zm9v\nYmFy'],
    ['a space', 'Zm9 '],
    ['a length that no bytes have', 'Zm9vY'],
    ['stray bits after one byte', 'Zh'],
    ['stray bits after two bytes', 'Zm9'],
    ['a dot', 'Zm.v'],
    ['a zero byte', 'Zm9\0'],
    ['a foreign character at the very end', 'Zm9vYg\u00e9'],
  ])('refuses %s', (_name, encoded) => {
    expect(decode(encoded)).toBeUndefined()
  })

  it('reverses the encoding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        expect(decode(Buffer.from(bytes).toString('base64url'))).toEqual(Buffer.from(bytes))
      }),
    )
  })

  it('accepts nothing but what the encoding gives', () => {
    const almost = fc.string({ unit: fc.constantFrom(...'ABCxyz059-_+/=. \n'), maxLength: 12 })
    fc.assert(
      fc.property(fc.oneof(almost, fc.string()), text => {
        const bytes = decode(text)
        if (bytes !== undefined) expect(bytes.toString('base64url')).toBe(text)
        else expect(Buffer.from(text, 'base64url').toString('base64url')).not.toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  it('reads zeros', () => {
    expect(decode('AAAAAA')).toEqual(Buffer.alloc(4))
  })

  it('reads only what lies between the bounds', () => {
    expect(decodeBase64url(Buffer.from('Zm9vYgAA'), 0, 5)).toBeUndefined()
    expect(decodeBase64url(Buffer.from('Zm9vYmFy'), 0, 6)).toBeUndefined()
    expect(decodeBase64url(Buffer.from('Zm9vYgFy'), 0, 6)?.toString()).toBe('foob')
    expect(decodeBase64url(Buffer.from('..Zm9v..'), 2, 6)?.toString()).toBe('foo')
  })
})

describe('asciiBytes', () => {
  it.each([0, 1, 8191, 8192, 8193, 20_000])('gives a byte for each of %d characters', length => {
    expect(asciiBytes('x'.repeat(length))).toEqual(Buffer.alloc(length, 'x'))
  })

  it.each([1, 8190, 8191, 8192, 8193, 20_000])(
    'notices what is not ASCII at the end of %d characters',
    length => {
      for (const foreign of ['\u0080', '\u0141', '\u20ac', '\ud800']) {
        expect(asciiBytes('x'.repeat(length - 1) + foreign)).toBeUndefined()
      }
      if (length > 1) expect(asciiBytes(`${'x'.repeat(length - 2)}😀`)).toBeUndefined()
    },
  )
})
