import { createCipheriv } from 'node:crypto'
import { aessiv } from '@noble/ciphers/aes.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadAead } from './aead.ts'

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
}

/** RFC 5297, appendix A. */
const vectors = [
  {
    name: 'A.1, deterministic',
    key: 'fffefdfc fbfaf9f8 f7f6f5f4 f3f2f1f0 f0f1f2f3 f4f5f6f7 f8f9fafb fcfdfeff',
    associated: ['10111213 14151617 18191a1b 1c1d1e1f 20212223 24252627'],
    plaintext: '11223344 55667788 99aabbcc ddee',
    sealed: '85632d07 c6e8f37f 950acd32 0a2ecc93 40c02b96 90c4dc04 daef7f6a fe5c',
  },
  {
    name: 'A.2, with a nonce',
    key: '7f7e7d7c 7b7a7978 77767574 73727170 40414243 44454647 48494a4b 4c4d4e4f',
    associated: [
      '00112233 44556677 8899aabb ccddeeff deaddada deaddada ffeeddcc bbaa9988 77665544 33221100',
      '10203040 50607080 90a0',
      '09f91102 9d74e35b d84156c5 635688c0',
    ],
    plaintext:
      '74686973 20697320 736f6d65 20706c61 696e7465 78742074 6f20656e 63727970 74207573 696e6720 5349562d 414553',
    sealed:
      '7bdb6e3b 432667eb 06f4d14b ff2fbd0f cb900f2f ddbe4043 26601965 c889bf17 dba77ceb 094fa663 b7a3f748 ba8af829 ea64ad54 4a272e9c 485b62a3 fd5c0d',
  },
]

describe.each(vectors)('RFC 5297, $name', ({ key, associated, plaintext, sealed }) => {
  const cipher = () => aessiv(hex(key), ...associated.map(hex))

  it('seals', () => {
    expect(Buffer.from(cipher().encrypt(hex(plaintext)))).toEqual(Buffer.from(hex(sealed)))
  })

  it('opens', () => {
    expect(Buffer.from(cipher().decrypt(hex(sealed)))).toEqual(Buffer.from(hex(plaintext)))
  })
})

/** The same by OpenSSL's AES: S2V of associated data, nonce and plaintext (RFC 5297, 2.4 and 3), then counter mode. */
function sealByOpenssl(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plaintext: Uint8Array) {
  const [macKey, counterKey] = [key.subarray(0, 16), key.subarray(16)]
  const double = (block: Uint8Array) => {
    const doubled =
      (BigInt(`0x${Buffer.from(block).toString('hex')}`) << 1n) ^ ((block[0] ?? 0) >> 7 ? 0x87n : 0n)
    return Buffer.from((doubled & ((1n << 128n) - 1n)).toString(16).padStart(32, '0'), 'hex')
  }
  const xor = (a: Uint8Array, b: Uint8Array) => Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)))
  const cbc = (bytes: Uint8Array) => {
    const cipher = createCipheriv('aes-128-cbc', macKey, Buffer.alloc(16)).setAutoPadding(false)
    return cipher.update(bytes).subarray(-16)
  }
  const pad = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.from([0x80]), Buffer.alloc(16)])
  const cmac = (bytes: Uint8Array) => {
    const once = double(cbc(Buffer.alloc(16)))
    const isWhole = bytes.length > 0 && bytes.length % 16 === 0
    const whole = isWhole ? bytes : pad(bytes).subarray(0, (Math.floor(bytes.length / 16) + 1) * 16)
    const last = xor(whole.subarray(-16), isWhole ? once : double(once))
    return cbc(Buffer.concat([whole.subarray(0, -16), last]))
  }
  let mac = cmac(Buffer.alloc(16))
  for (const part of [associated, nonce]) mac = xor(double(mac), cmac(part))
  const iv =
    plaintext.length >= 16
      ? cmac(Buffer.concat([plaintext.subarray(0, -16), xor(plaintext.subarray(-16), mac)]))
      : cmac(xor(double(mac), pad(plaintext)))
  const counter = Buffer.from(iv)
  for (const at of [8, 12]) counter.writeUInt8((counter[at] ?? 0) & 0x7f, at)
  return Buffer.concat([iv, createCipheriv('aes-128-ctr', counterKey, counter).update(plaintext)])
}

describe('AEAD_AES_SIV_CMAC_256', async () => {
  const aead = await loadAead()
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const nonce = fc.uint8Array({ minLength: 1, maxLength: 40 })

  it('seals as OpenSSL does, and opens it', () => {
    fc.assert(
      fc.property(key, nonce, bytes(200), bytes(100), (key, nonce, associated, plaintext) => {
        const sealed = aead.seal(key, nonce, associated, plaintext)
        expect(Buffer.from(sealed)).toEqual(sealByOpenssl(key, nonce, associated, plaintext))
        expect(sealed.length).toBe(plaintext.length + aead.tagBytes)
        expect(Buffer.from(aead.open(key, nonce, associated, sealed) ?? [])).toEqual(Buffer.from(plaintext))
      }),
    )
  })

  it('opens nothing that is not exactly what was sealed', () => {
    // Without a plaintext the second half of the key is not used.
    const plaintext = fc.uint8Array({ minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(
        key,
        nonce,
        bytes(50),
        plaintext,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (...given) => {
          const [key, nonce, associated, plaintext, at, change] = given
          const parts = [key, nonce, associated, aead.seal(key, nonce, associated, plaintext)] as const
          const total = parts.reduce((sum, { length }) => sum + length, 0)
          let index = at % total
          const [k, n, a, s] = parts.map(part => {
            const changed = part.slice()
            if (index >= 0 && index < part.length) changed[index] = (changed[index] ?? 0) ^ change
            index -= part.length
            return changed
          })
          if (k === undefined || n === undefined || a === undefined || s === undefined)
            throw new Error('no parts')
          expect(aead.open(k, n, a, s)).toBeUndefined()
        },
      ),
    )
  })

  it('opens nothing of any other bytes, short ones too', () => {
    fc.assert(
      fc.property(key, bytes(40), bytes(40), bytes(60), (key, nonce, associated, sealed) => {
        expect(aead.open(key, nonce, associated, sealed)).toBeUndefined()
      }),
    )
  })

  it('says what to install where it is missing', async () => {
    const missing = loadAead(() => Promise.reject(new Error('ERR_MODULE_NOT_FOUND')))
    await expect(missing).rejects.toMatchObject({
      code: 'ERR_TIME_SOURCE',
      reason: 'unsupported',
      message: 'nts needs the package @noble/ciphers: run npm install @noble/ciphers',
    })
  })
})
