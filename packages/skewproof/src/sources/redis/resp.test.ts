import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SourceError } from '../../clock/source.ts'
import { decodeReply, encodeCommand } from './resp.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

/** As Redis 7.0 sent it. */
const time = '*2\r\n$10\r\n1795478400\r\n$6\r\n123456\r\n'

describe('a command', () => {
  it.each([
    [['TIME'], '*1\r\n$4\r\nTIME\r\n'],
    [['AUTH', 'clock', 'pass word\r\n'], '*3\r\n$4\r\nAUTH\r\n$5\r\nclock\r\n$11\r\npass word\r\n\r\n'],
    [['AUTH', 'ü'], '*2\r\n$4\r\nAUTH\r\n$2\r\nü\r\n'],
  ])('%j is written so that no word can be taken for two', (words, text) => {
    expect(encodeCommand(words)).toBe(text)
  })
})

describe('a reply', () => {
  it.each([
    [time, { kind: 'pair', items: ['1795478400', '123456'] }],
    ['*2\r\n$10\r\n1795478400\r\n$1\r\n0\r\n', { kind: 'pair', items: ['1795478400', '0'] }],
    ['+OK\r\n', { kind: 'status', text: 'OK' }],
    ['-NOAUTH Authentication required.\r\n', { kind: 'error', text: 'NOAUTH Authentication required.' }],
  ])('%j is read, and only once it is complete', (text, reply) => {
    expect(decodeReply(bytes(text))).toEqual(reply)
    for (let length = 0; length < text.length; length += 1) {
      expect(decodeReply(bytes(text.slice(0, length)))).toBeUndefined()
    }
  })

  it.each([
    ['HTTP/1.1 400 Bad Request\r\n'],
    ['$4\r\ntime\r\n'],
    [':1795478400\r\n'],
    ['*1\r\n$10\r\n1795478400\r\n$1\r\n0\r\n'],
    ['*3\r\n$10\r\n1795478400\r\n$1\r\n0\r\n'],
    ['*2\r\n$9\r\n1795478400\r\n$1\r\n0\r\n'],
    ['*2\r\n$10\r\n1795478400\r\n$2\r\n0\r\n'],
    ['*2\r\n:1795478400\r\n:0\r\n+OK\r\n\r\n'],
    [`${time}+OK\r\n`],
    ['+OK\r\n+OK\r\n'],
    ['+OK\r\n+'],
    [`+${'x'.repeat(512)}`],
    [`*${'9'.repeat(512)}`],
  ])('%j is refused', text => {
    expect(() => decodeReply(bytes(text))).toThrow(SourceError)
  })

  it('is read or refused, whatever it is', () => {
    const near = fc.string({ unit: fc.constantFrom(...'+-*$:\r\n0123456789ax'), maxLength: 60 })
    const any = fc.oneof(fc.uint8Array({ maxLength: 1000 }), near.map(bytes))
    fc.assert(
      fc.property(any, input => {
        try {
          decodeReply(input)
        } catch (error) {
          expect(error).toBeInstanceOf(SourceError)
        }
      }),
    )
  })
})
