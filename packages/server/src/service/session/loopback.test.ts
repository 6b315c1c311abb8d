import { describe, expect, it } from 'vitest'
import { isFromThisMachine } from './loopback.ts'

const direct = { remoteAddress: '127.0.0.1', httpVersion: '1.1', headers: { host: '127.0.0.1:8787' } }

describe('what comes from this machine', () => {
  it.each([
    ['an address', '127.0.0.1', '127.0.0.1:8787'],
    ['another address of loopback', '127.1.2.3', '127.1.2.3'],
    ['IPv6', '::1', '[::1]:8787'],
    ['IPv4 in IPv6', '::ffff:127.0.0.1', 'localhost:8787'],
    ['a name', '127.0.0.1', 'LocalHost'],
  ])('by %s', (_, remoteAddress, host) => {
    expect(isFromThisMachine({ ...direct, remoteAddress, headers: { host } })).toBe(true)
  })

  it('and from a page of this origin', () => {
    for (const site of ['same-origin', 'none']) {
      const headers = { ...direct.headers, 'sec-fetch-site': site }
      expect(isFromThisMachine({ ...direct, headers })).toBe(true)
    }
  })
})

describe('what does not', () => {
  it.each(['10.0.0.1', '::ffff:10.0.0.1', '::2', '0.0.0.0', '1127.0.0.1', '127.0.0.1.example', undefined])(
    'a peer %s',
    remoteAddress => {
      expect(isFromThisMachine({ ...direct, remoteAddress })).toBe(false)
    },
  )

  it.each([
    'evil.example',
    'evil.example:8787',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'localhost.',
    '127.0.0.1@evil.example',
    '[::2]:8787',
    'localhost:8787:1',
    '',
    undefined,
  ])('a name that somebody else may have pointed here: %s', host => {
    expect(isFromThisMachine({ ...direct, headers: host === undefined ? {} : { host } })).toBe(false)
  })

  it.each(['x-forwarded-for', 'forwarded', 'via', 'x-real-ip', 'x-forwarded-host', 'x-forwarded-proto'])(
    'what a proxy marks with %s',
    name => {
      expect(isFromThisMachine({ ...direct, headers: { ...direct.headers, [name]: '' } })).toBe(false)
    },
  )

  it('what nginx passes on without marking it', () => {
    expect(isFromThisMachine({ ...direct, httpVersion: '1.0' })).toBe(false)
  })

  it.each(['cross-site', 'same-site'])('what a page of another origin asks for: %s', site => {
    const headers = { ...direct.headers, 'sec-fetch-site': site }
    expect(isFromThisMachine({ ...direct, headers })).toBe(false)
  })
})
