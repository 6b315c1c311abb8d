import type { JsonWebKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { KeyError } from './key.ts'
import { thumbprint } from './thumbprint.ts'

const ed25519 = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

describe('thumbprint', () => {
  it('is that of RFC 7638, section 3.1', () => {
    const jwk = {
      kty: 'RSA',
      n:
        '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn' +
        'jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6q' +
        'MQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awap' +
        'JzKnqDKgw',
      e: 'AQAB',
      alg: 'RS256',
      kid: '2011-04-29',
    }
    expect(thumbprint(jwk)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
  })

  it('is that of RFC 8037, appendix A.3, for the private key too', () => {
    const expected = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'
    expect(thumbprint(ed25519)).toBe(expected)
    expect(thumbprint({ ...ed25519, d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' })).toBe(expected)
  })

  it.each<[string, JsonWebKey]>([
    ['no type', { crv: 'P-256', x: 'a', y: 'b' }],
    ['an unknown type', { kty: 'constructor' }],
    ['a missing member', { kty: 'OKP', crv: 'Ed25519' }],
    ['a member that is no string', { ...ed25519, x: 1 } as unknown as JsonWebKey],
  ])('needs a whole key: %s', (_name, jwk) => {
    expect(() => thumbprint(jwk)).toThrow(KeyError)
  })
})
