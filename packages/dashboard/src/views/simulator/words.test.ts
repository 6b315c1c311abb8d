import { policyNames, policyTitles } from 'skewproof/simulator'
import { describe, expect, it } from 'vitest'
import type { Effect } from './effects.ts'
import { allRight, firstSettings, type Settings, setRight, withServer, wrongClocks } from './settings.ts'
import { formatShare, sentenceFor, whatUsersNotice } from './words.ts'

const harmless = {
  refusedShare: 0,
  refusedPerSecond: 0,
  lateShare: 0,
  maxLateMs: 0,
  revokedShare: 0,
  doesBlameIssuer: false,
}

/** All policies, harmless but for some. */
function effects(harm: Partial<Record<Effect['name'], Partial<Effect>>> = {}): readonly Effect[] {
  return policyNames.map(name => ({ name, title: policyTitles[name], ...harmless, ...harm[name] }))
}

function say(settings: Settings, harm?: Parameters<typeof effects>[0]): string {
  const { severity, text } = sentenceFor(settings, effects(harm))
  return `${severity}: ${text}`
}

describe('the sentence', () => {
  it('says who is wrong, by how much, and whom it hurts', () => {
    const harm = { jsonwebtoken: { refusedShare: 0.213 }, jose: { refusedShare: 0.1 } }
    expect(say(firstSettings, harm)).toBe(
      'bad: web-3 is 3 min ahead: jsonwebtoken refuses 21 % of good requests, Skewproof none.',
    )
    const two = withServer(firstSettings, 'web-1', { offsetMs: -600_000 })
    expect(say(two, harm)).toContain('web-1 is 10 min behind, web-3 is 3 min ahead: ')
    const three = { ...two, storeOffsetMs: 2000 }
    expect(say(three, harm)).toContain('web-3 is 3 min ahead, 1 more clock is wrong: ')
    expect(say({ ...three, issuerOffsetMs: 1000 }, harm)).toContain(', 2 more clocks are wrong: ')
  })

  it('blames the store by its name, and does not spare Skewproof', () => {
    const harm = { textbook: { refusedShare: 0.34 }, auto: { refusedShare: 0.002 } }
    expect(say({ ...allRight, storeOffsetMs: 180_000 }, harm)).toBe(
      'bad: The store is 3 min ahead: jsonwebtoken with Redis refuses 34 % of good requests, Skewproof 0.2 %.',
    )
    const issuer = { ...allRight, issuerOffsetMs: 180_000 }
    const blamed = { jose: { refusedShare: 0.1 }, auto: { refusedShare: 0.1, doesBlameIssuer: true } }
    expect(say(issuer, blamed)).toBe(
      'bad: The issuer is 3 min ahead: jose refuses 10 % of good requests, Skewproof 10 %, and blames the issuer’s clock.',
    )
  })

  it('tells tokens that live too long where none is refused', () => {
    expect(say(firstSettings, { jsonwebtoken: { maxLateMs: 178_200 } })).toBe(
      'bad: web-3 is 3 min ahead: jsonwebtoken accepts expired tokens for 2 min 58 s.',
    )
  })

  it('says when all is well, and when it only seems so', () => {
    expect(say(allRight)).toBe('good: All clocks are right: no policy refuses a good token.')
    expect(say(withServer(allRight, 'web-2', { daemon: 'dead' }))).toBe(
      'good: All clocks are right, without the time daemons of 1 of 5 servers: no policy refuses a good token.',
    )
    expect(say(firstSettings)).toBe('warning: web-3 is 3 min ahead: no policy refuses a good token.')
    expect(say(allRight, { jose: { refusedShare: 0.02 } })).toBe(
      'bad: All clocks are right again, but not all tokens: jose refuses 2.0 % of good requests, Skewproof none.',
    )
  })
})

describe('what users notice', () => {
  it.each([
    [{}, 'Nothing: good tokens work, dead ones do not.'],
    [{ maxLateMs: 8 }, 'Nothing: good tokens work, dead ones do not.'],
    [{ refusedShare: 0.01, revokedShare: 1 }, 'Logged out for nothing; revoked tokens work.'],
    [{ maxLateMs: 30_000, revokedShare: 1 }, 'Dead tokens work.'],
    [{ maxLateMs: 30_000 }, 'Expired tokens work.'],
  ])('of %j', (harm, text) => {
    const [effect] = effects({ jsonwebtoken: harm })
    expect(effect && whatUsersNotice(effect)).toBe(text)
  })
})

describe('a share', () => {
  it.each([
    [0, 'none'],
    [0.0001, '< 0.1 %'],
    [0.071, '7.1 %'],
    [0.0996, '10 %'],
    [1, '100 %'],
  ])('of %d is %s', (share, text) => {
    expect(formatShare(share)).toBe(text)
  })
})

describe('clocks that are wrong', () => {
  it('come the worst first, and none are left when all are set right', () => {
    const settings = { ...firstSettings, storeOffsetMs: -200_000, issuerOffsetMs: 1, lifetimeSeconds: 60 }
    expect(wrongClocks(settings).map(({ name }) => name)).toEqual(['the store', 'web-3', 'the issuer'])
    expect(wrongClocks(setRight(settings))).toEqual([])
    expect(setRight(settings)).toMatchObject({ issuerOffsetMs: 0, lifetimeSeconds: 60 })
  })
})
