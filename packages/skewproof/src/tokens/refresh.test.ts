import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatRefreshToken,
  hashSecret,
  newFamily,
  parseRefreshToken,
  successorOf,
  wasIssued,
} from './refresh.ts'

describe('refresh tokens', () => {
  it('are read as they were written', () => {
    const { first } = newFamily('alice', '{}', 1000)
    expect(parseRefreshToken(formatRefreshToken(first))).toEqual(first)
  })

  it('that are none are not read', () => {
    fc.assert(
      fc.property(fc.anything(), value => {
        expect(parseRefreshToken(value)).toBeUndefined()
      }),
    )
    const { first } = newFamily('alice', '{}', 1000)
    const text = formatRefreshToken(first)
    for (const broken of [`${text}x`, text.slice(1), text.replaceAll('.', ':'), `${text}\n`, ` ${text}`]) {
      expect(parseRefreshToken(broken)).toBeUndefined()
    }
  })

  it('have one successor, which only the family can tell', () => {
    const { family, first } = newFamily('alice', '{}', 1000)
    const successor = successorOf(first, family.salt)
    expect(successor).toEqual(successorOf(first, family.salt))
    expect(successor.generation).toBe(1)
    expect(successorOf(first, newFamily('alice', '{}', 1000).family.salt).secret).not.toBe(successor.secret)
  })

  it('that were replaced are known again, made-up ones are not', () => {
    const { family, first } = newFamily('alice', '{}', 1000)
    const chain = [first]
    for (let step = 0; step < 20; step += 1) chain.push(successorOf(chain.at(-1) ?? first, family.salt))
    const newest = chain.at(-1) ?? first
    const rotated = { ...family, generation: 20, currentHash: hashSecret(newest.secret) }
    for (const token of chain) expect(wasIssued(token, rotated)).toBe(true)
    const made = newFamily('alice', '{}', 1000).first
    expect(wasIssued({ ...made, familyId: family.familyId }, rotated)).toBe(false)
    expect(wasIssued({ ...first, generation: 1 }, rotated)).toBe(false)
    expect(wasIssued({ ...newest, generation: 21 }, rotated)).toBe(false)
  })

  it('do not make the server follow a chain without end', () => {
    const { family, first } = newFamily('alice', '{}', 1000)
    expect(wasIssued(first, { ...family, generation: 10_001 })).toBe(false)
  })
})
