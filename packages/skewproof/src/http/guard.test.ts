import { describe, expect, it } from 'vitest'
import { ManualClock } from '../clock/index.ts'
import { createVerifier, generateKey, TokenError, type VerifiedToken } from '../tokens/index.ts'
import { createGuard } from './guard.ts'
import { clockBody, exposing, serverTimeValue } from './time.ts'

const verifier = createVerifier({ issuer: 'https://idp.test', audience: 'api', keys: [generateKey('EdDSA')] })

describe('options', () => {
  it.each([
    ['tokens', {}],
    ['tokens', { tokens: verifier, verifier }],
    ['tokens', { tokens: {} }],
    ['scope', { verifier, scope: '' }],
    ['scope', { verifier, scope: [] }],
    ['scope', { verifier, scope: ['a "b"'] }],
    ['scope', { verifier, scope: 'a  b' }],
    ['scope', { verifier, scope: 'ä' }],
    ['granted', { verifier, granted: 'permissions' }],
    ['audience', { verifier, audience: [''] }],
    ['audience', { verifier, audience: 5 }],
    ['optional', { verifier, optional: 'no' }],
    ['from', { verifier, from: 'body' }],
    ['from', { verifier, from: [] }],
    ['from', { verifier, from: { cookie: 'a b' } }],
    ['from', { verifier, from: null }],
    ['refusals', { verifier, refusals: 'throw' }],
    ['realm', { verifier, realm: 'a\r\nb' }],
    ['realm', { verifier, realm: '' }],
  ])('are refused when the guard is made, by %s: %j', (option, options) => {
    expect(() => createGuard(options as never)).toThrowError(expect.objectContaining({ option }))
  })
})

describe('a guard', () => {
  const fields = { values: () => [] }

  it.each([
    [['read', 'write'], 200],
    [['read write'], 200],
    [['read', 'write', 'delete'], 403],
  ])('takes the scopes that are needed as a list: %j is %d', async (scope, status) => {
    const found = { verify: async () => ({ claims: { scope: 'read write' } }) as unknown as VerifiedToken }
    const { refusal } = await createGuard({ verifier: found, from: () => 'token', scope })(fields, undefined)
    expect(refusal?.status ?? 200).toBe(status)
  })

  it('hands on what is no refusal: it is a defect', async () => {
    const broken = { verify: () => Promise.reject(new RangeError('a defect')) }
    const guard = createGuard({ verifier: broken, from: () => 'token' })
    await expect(guard(fields, undefined)).rejects.toThrowError(RangeError)
  })

  it.each([
    ['read write', 200],
    [['read', 'write'], 200],
    [['read'], 403],
    ['readwrite', 403],
    [undefined, 403],
    [{ read: true, write: true }, 403],
    [['read write'], 403],
  ])('looks for scopes where it is told to: %j is %d', async (permissions, status) => {
    const claims = { scope: 'read write', permissions }
    const found = { verify: async () => ({ claims }) as unknown as VerifiedToken }
    const guard = createGuard({
      verifier: found,
      from: () => 'token',
      scope: 'read write',
      granted: token => token['permissions'],
    })
    expect((await guard(fields, undefined)).refusal?.status ?? 200).toBe(status)
  })

  it.each([undefined, null, ''])('takes %j of a function for no token', async found => {
    const from = () => found
    expect(await createGuard({ verifier, from })(fields, undefined)).toMatchObject({
      refusal: { code: 'ERR_TOKEN_MISSING' },
    })
    expect(await createGuard({ verifier, from, optional: true })(fields, undefined)).toEqual({
      token: undefined,
    })
  })

  it('refuses what a function finds, if it is no token', async () => {
    for (const found of [5, {}, ['a'], '\r\n', 'ä', 'x'.repeat(100_000)]) {
      const guard = createGuard({ verifier, from: () => found as string })
      expect(await guard(fields, undefined)).toMatchObject({ refusal: { status: 401 } })
    }
  })

  it('keeps the error in full for the log, and tells another', async () => {
    const error = new TokenError('ERR_TOKEN_KEY_UNKNOWN', 'the key "internal" is unknown')
    const guard = createGuard({ verifier: { verify: () => Promise.reject(error) }, from: () => 'token' })
    const { refusal } = await guard(fields, undefined)
    expect(refusal?.cause).toBe(error)
    expect(JSON.stringify(refusal)).not.toContain('internal')
    expect(refusal?.message).not.toContain('internal')
  })

  it('writes into a challenge only what may stand there', async () => {
    const error = new TokenError('ERR_TOKEN_CLAIM', 'a "claim" \\ \r\n ü')
    const guard = createGuard({ verifier: { verify: () => Promise.reject(error) }, from: () => 'token' })
    const { refusal } = await guard(fields, undefined)
    expect(refusal?.headers['www-authenticate']).toBe(
      'Bearer realm="skewproof", error="invalid_token", error_description="a \'claim\' \' ?? ?"',
    )
  })
})

describe('the time', () => {
  it('is told by a clock far off, too', () => {
    expect(serverTimeValue(new ManualClock({ timeMs: 1e300 }))).toBe('+275760-09-13T00:00:00.000Z')
  })

  it('has no bound when the clock has none', () => {
    const clock = new ManualClock({ status: 'unsynchronized', errorMs: Number.POSITIVE_INFINITY })
    expect(clockBody(clock, clock.now())).toMatchObject({ errorMs: null, status: 'unsynchronized' })
  })

  it.each([
    ['', 'X-Server-Time, Date, Age, Retry-After'],
    ['x-server-time,  X-Total', 'x-server-time, X-Total, Date, Age, Retry-After'],
    ['*', '*, X-Server-Time, Date, Age, Retry-After'],
    [', ,', 'X-Server-Time, Date, Age, Retry-After'],
  ])('is exposed besides %j', (present, expected) => {
    expect(exposing(present)).toBe(expected)
  })
})
