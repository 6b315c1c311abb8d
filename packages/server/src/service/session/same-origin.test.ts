import { describe, expect, it } from 'vitest'
import { isSameOrigin, requireOwnPage } from './same-origin.ts'

const host = 'auth.example.com'

describe('a request that changes something', () => {
  it.each([
    ['that the browser says is of the same origin', { 'sec-fetch-site': 'same-origin', host }, true],
    [
      'also when a proxy changed the host',
      { 'sec-fetch-site': 'same-origin', host: 'b', origin: 'https://a' },
      true,
    ],
    ['whose Origin is the host', { host, origin: `http://${host}` }, true],
    ['whose Origin is the host, behind TLS', { host, origin: `https://${host}` }, true],
    ['of another site', { 'sec-fetch-site': 'cross-site', host, origin: `https://${host}` }, false],
    ['of a sibling', { 'sec-fetch-site': 'same-site', host }, false],
    ['that was typed in', { 'sec-fetch-site': 'none', host }, false],
    ['whose Origin is another', { host, origin: 'https://evil.example' }, false],
    ['whose Origin is another port', { host: `${host}:1`, origin: `http://${host}:2` }, false],
    ['of a sandboxed frame', { host, origin: 'null' }, false],
    ['that tells nothing', { host }, false],
  ])('%s', (_, headers, expected) => {
    expect(isSameOrigin(headers)).toBe(expected)
    const check = () => requireOwnPage({ method: 'POST', headers })
    if (expected) check()
    else expect(check).toThrow(expect.objectContaining({ status: 403, code: 'ERR_CROSS_SITE' }))
    requireOwnPage({ method: 'GET', headers })
  })
})
