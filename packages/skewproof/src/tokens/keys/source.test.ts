import { describe, expect, it } from 'vitest'
import { generateKey } from './generate.ts'
import { staticKeys } from './source.ts'

const first = generateKey('ES256')
const second = generateKey('ES256')
const edwards = generateKey('EdDSA')

describe('staticKeys', () => {
  it('finds a key by its kid', () => {
    const keys = staticKeys([first, second, edwards])
    expect(keys.find(second.kid, 'ES256')).toBe(second)
    expect(keys.find('unknown', 'ES256')).toBeUndefined()
  })

  it('finds the key of a kid whatever the header calls the algorithm, for the signature check to refuse it', () => {
    expect(staticKeys([first]).find(first.kid, 'HS256')).toBe(first)
  })

  it('takes the only key of the algorithm where there is no kid', () => {
    const keys = staticKeys([first, second, edwards])
    expect(keys.find(undefined, 'EdDSA')).toBe(edwards)
    expect(keys.find(undefined, 'Ed25519')).toBe(edwards)
    expect(keys.find(undefined, 'ES256')).toBeUndefined()
    expect(keys.find(undefined, 'none')).toBeUndefined()
  })

  it('tells keys apart that share a kid (RFC 7517, section 4.5)', () => {
    const keys = staticKeys([first, { ...edwards, kid: first.kid }])
    expect(keys.find(first.kid, 'ES256')).toBe(first)
    expect(keys.find(first.kid, 'EdDSA')?.alg).toBe('EdDSA')
  })

  it('does not choose between two keys of one kid and one algorithm', () => {
    const keys = staticKeys([first, { ...second, kid: first.kid }])
    expect(keys.find(first.kid, 'ES256')).toBeUndefined()
  })

  it('has nothing to refresh', async () => {
    await expect(staticKeys([first]).refresh('unknown', 'ES256')).resolves.toBeUndefined()
    await expect(staticKeys([first]).refresh(first.kid, 'ES256')).resolves.toBe(first)
  })
})
