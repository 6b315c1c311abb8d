import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenError } from '../errors.ts'
import { decodeToken, parseJws } from './parse.ts'

function encode(part: string | Uint8Array): string {
  return Buffer.from(part as string).toString('base64url')
}

function tokenOf(header: string | Uint8Array, payload: string | Uint8Array = '{}'): string {
  return `${encode(header)}.${encode(payload)}.c2ln`
}

const header = '{"alg":"ES256","kid":"k","typ":"at+jwt"}'

function problemOf(token: unknown): string {
  try {
    decodeToken(token)
  } catch (error) {
    expect(error).toBeInstanceOf(TokenError)
    expect(error).toMatchObject({ code: 'ERR_TOKEN_MALFORMED', httpStatus: 401 })
    return (error as TokenError).message
  }
  return 'accepted'
}

describe('a compact JWS', () => {
  it('is taken apart', () => {
    const jws = parseJws(tokenOf(header, '{"sub":"alice"}'))
    expect(jws).toEqual({
      header: { alg: 'ES256', kid: 'k', typ: 'at+jwt' },
      signingInput: `${encode(header)}.${encode('{"sub":"alice"}')}`,
      payload: Buffer.from('{"sub":"alice"}'),
      signature: Buffer.from('sig'),
    })
  })

  it('keeps its parts when others are taken apart', () => {
    const token = tokenOf(header, '{"sub":"alice"}')
    const jws = parseJws(token)
    parseJws(`${encode(header)}.${encode('{"sub":"mallory"}')}.${encode('gis')}`)
    expect(jws).toEqual(parseJws(token))
  })

  it('may carry any payload; a token carries JSON', () => {
    const token = tokenOf(header, new Uint8Array([0xff, 0x00]))
    expect(parseJws(token).payload).toEqual(Buffer.from([0xff, 0x00]))
    expect(problemOf(token)).toContain('its payload is not UTF-8')
  })

  it('keeps header parameters that it does not know', () => {
    expect(parseJws(tokenOf('{"alg":"RS256","jku":"https://example.com","x5c":["a"]}')).header).toEqual({
      alg: 'RS256',
      jku: 'https://example.com',
      x5c: ['a'],
    })
  })

  it('gives each token a header that nobody can alter for the others', () => {
    const token = tokenOf(header)
    expect(() => Object.assign(parseJws(token).header, { alg: 'none' })).toThrow(TypeError)
    const nested = tokenOf('{"alg":"ES256","jwk":{"kty":"EC"}}')
    Object.assign(parseJws(nested).header['jwk'] as object, { kty: 'oct' })
    expect(parseJws(nested).header['jwk']).toEqual({ kty: 'EC' })
  })

  it('has a kid and a typ of up to 256 characters', () => {
    const long = { alg: 'ES256', kid: 'k'.repeat(256), typ: 't'.repeat(256) }
    expect(parseJws(tokenOf(JSON.stringify(long))).header).toEqual(long)
  })

  it('has a header that is read once for the tokens that share it, as long as it is one of the last', () => {
    const headerOf = (kid: string) =>
      parseJws(tokenOf(`{"alg":"ES256","kid":"${kid}"}`, `{"n":"${kid}"}`)).header
    const one = headerOf('one')
    const two = headerOf('two')
    expect([headerOf('one'), headerOf('two')]).toEqual([one, two])
    expect(headerOf('one')).toBe(one)
    expect(headerOf('two')).toBe(two)
    for (let i = 0; i < 32; i++) headerOf(`other ${i}`)
    expect(headerOf('one')).not.toBe(one)
    const large = `{"alg":"ES256","x5t":"${'x'.repeat(500)}"}`
    expect(parseJws(tokenOf(large)).header).not.toBe(parseJws(tokenOf(large)).header)
  })

  it('has the header that it has, whichever were read before', () => {
    const headers = Array.from({ length: 100 }, (_, i) => ({ alg: 'ES256', kid: `key-${i}` }))
    for (const expected of [...headers, ...headers.reverse()]) {
      expect(parseJws(tokenOf(JSON.stringify(expected))).header).toEqual(expected)
    }
  })
})

describe('a malformed token', () => {
  const payload = encode('{}')
  const start = encode(header)

  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'it is not a string'],
    ['a number', 1, 'it is not a string'],
    ['a Buffer', Buffer.from(tokenOf(header)), 'it is not a string'],
    ['a String object', new String(tokenOf(header)), 'it is not a string'],
    ['an empty string', '', 'three parts'],
    ['one part', start, 'three parts'],
    ['two parts', `${start}.${payload}`, 'three parts'],
    ['four parts', `${start}.${payload}.c2ln.c2ln`, 'three parts'],
    ['a JWE of five parts', `${start}.a.a.a.a`, 'three parts'],
    ['an empty header', `.${payload}.c2ln`, 'its header is empty'],
    ['an empty payload', `${start}..c2ln`, 'its payload is empty'],
    ['an empty signature', `${start}.${payload}.`, 'its signature is empty'],
    ['only dots', '..', 'its header is empty'],
    ['a padded payload', `${start}.${payload}=.c2ln`, 'its payload is not base64url'],
    ['a padded signature', `${start}.${payload}.c2lnMg==`, 'its signature is not base64url'],
    ['the other alphabet', `${start}.${payload}.++//`, 'its signature is not base64url'],
    ['stray bits', `${start}.${payload}.c2lnMh`, 'its signature is not base64url'],
    ['an impossible length', `${start}.${payload}.c2lnM`, 'its signature is not base64url'],
    ['white space before it', ` ${tokenOf(header)}`, 'its header is not base64url'],
    ['a line break after it', `${tokenOf(header)}\n`, 'its signature is not base64url'],
    ['a character that Latin-1 would fold', `${start}.${payload}.c2lnMg\u0141\u0141`, 'not ASCII'],
    ['a lone surrogate', `${start}.${payload}.\ud800`, 'not ASCII'],
    ['a header that is no JSON', tokenOf('alg'), 'its header is not JSON'],
    ['a header that is no object', tokenOf('[]'), 'its header is not a JSON object'],
    ['a header that is null', tokenOf('null'), 'its header is not a JSON object'],
    ['a header with a byte order mark', tokenOf(`\ufeff${header}`), 'its header is not JSON'],
    [
      'a header that is not UTF-8',
      tokenOf(Buffer.from('{"alg":"\xff"}', 'latin1')),
      'its header is not UTF-8',
    ],
    ['a payload that is no JSON', tokenOf(header, '{'), 'its payload is not JSON'],
    ['a payload that is a string', tokenOf(header, '"x"'), 'its payload is not a JSON object'],
    ['a payload that is an array', tokenOf(header, '[]'), 'its payload is not a JSON object'],
    ['an overlong UTF-8 sequence', tokenOf(header, Buffer.from('{"a":"\xc0\x80"}', 'latin1')), 'not UTF-8'],
    ['a surrogate in UTF-8', tokenOf(header, Buffer.from('{"a":"\xed\xa0\x80"}', 'latin1')), 'not UTF-8'],
    ['no "alg"', tokenOf('{"kid":"k"}'), 'its header has no "alg"'],
    ['an inherited "alg"', tokenOf('{"__proto__":{"alg":"ES256"}}'), 'its header has no "alg"'],
    ['an "alg" that is an array', tokenOf('{"alg":["ES256"]}'), '"alg" in its header is not a string'],
    ['an "alg" that is null', tokenOf('{"alg":null}'), '"alg" in its header is not a string'],
    ['an empty "alg"', tokenOf('{"alg":""}'), '"alg" in its header is not a string'],
    ['a "kid" that is a number', tokenOf('{"alg":"ES256","kid":1}'), '"kid" in its header is not a string'],
    ['a huge "kid"', tokenOf(`{"alg":"ES256","kid":"${'k'.repeat(257)}"}`), '"kid" in its header'],
    ['a "typ" that is an object', tokenOf('{"alg":"ES256","typ":{}}'), '"typ" in its header is not a string'],
    ['a critical extension', tokenOf('{"alg":"ES256","crit":["exp"],"exp":1}'), 'critical extensions'],
    ['an empty list of critical extensions', tokenOf('{"alg":"ES256","crit":[]}'), 'critical extensions'],
    ['a payload that is not encoded', tokenOf('{"alg":"ES256","b64":false}'), '"b64"'],
    ['"b64" that changes nothing', tokenOf('{"alg":"ES256","b64":true}'), '"b64"'],
  ])('is refused: %s', (_name, token, problem) => {
    expect(problemOf(token)).toContain(problem)
  })

  it('is refused for its length before anything is read', () => {
    expect(problemOf(`${'x'.repeat(8193)}`)).toContain('longer than 8192 characters')
    expect(problemOf('.'.repeat(50_000_000))).toContain('longer than 8192 characters')
    const token = tokenOf(header, JSON.stringify({ sub: 'a'.repeat(9000) }))
    expect(decodeToken(token, token.length).claims).toEqual({ sub: 'a'.repeat(9000) })
    expect(() => decodeToken(token, token.length - 1)).toThrow(TokenError)
  })

  it('is never shown in the message', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4, unit: fc.constantFrom(...'QZXqzx0189') }), secret => {
        const messages = [
          problemOf(secret),
          problemOf(tokenOf(`{"alg":"${secret}"`)),
          problemOf(tokenOf(header, `{"${secret}"`)),
          problemOf(`${start}.${secret}=.${secret}`),
        ]
        for (const message of messages) expect(message).not.toContain(secret)
      }),
    )
  })
})

describe('what JSON may hold', () => {
  it('counts the last of several members with one name (RFC 7519, section 4)', () => {
    expect(decodeToken(tokenOf('{"alg":"none","alg":"ES256"}', '{"sub":"a","sub":"b"}'))).toMatchObject({
      header: { alg: 'ES256' },
      claims: { sub: 'b' },
    })
  })

  it('does not let "__proto__" reach a prototype', () => {
    const { claims } = decodeToken(tokenOf(header, '{"__proto__":{"admin":true}}'))
    expect(Object.getPrototypeOf(claims)).toBe(Object.prototype)
    expect(claims['admin']).toBeUndefined()
  })

  it('stands deep nesting', () => {
    const deep = '['.repeat(30_000) + ']'.repeat(30_000)
    expect(decodeToken(tokenOf(header, `{"a":${deep}}`), 1e6).claims).toHaveProperty('a')
    expect(() => decodeToken(tokenOf(header, `{"a":${'['.repeat(60_000)}}`), 1e6)).toThrow(TokenError)
  })

  it('keeps lone surrogates that are escaped', () => {
    expect(decodeToken(tokenOf(header, '{"sub":"\\ud800"}')).claims).toEqual({ sub: '\ud800' })
  })
})

describe('whatever is sent', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.base64String(),
    fc.json().map(encode),
    fc.uint8Array().map(encode),
    fc.constantFrom('', encode(header), encode('{}'), encode('{"alg":"none"}'), '__proto__', 'e30'),
  )

  it('is taken apart or refused as malformed, nothing else', () => {
    const anything = fc.oneof(
      fc.array(piece, { maxLength: 5 }).map(pieces => pieces.join('.')),
      fc.anything(),
      fc.json().map(json => tokenOf(header, json)),
      fc.json().map(json => tokenOf(json)),
    )
    fc.assert(
      fc.property(anything, token => {
        const problem = problemOf(token)
        if (problem !== 'accepted') expect(problem).toMatch(/^the token is malformed: /)
      }),
      { numRuns: 3000 },
    )
  })
})
