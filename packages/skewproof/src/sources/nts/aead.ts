import { SourceError } from '../../clock/source.ts'

/** AEAD_AES_SIV_CMAC_256: RFC 5297, with a nonce as the last associated data. */
export interface Aead {
  /** What `seal` returns is longer than the plaintext by this. */
  readonly tagBytes: number
  seal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** The plaintext, or `undefined` when anything of it was not sealed with this key. */
  open(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined
}

export const keyBytes = 32
const tagBytes = 16

type Load = () => Promise<typeof import('@noble/ciphers/aes.js')>

/**
 * Loads the optional peer dependency `@noble/ciphers`; OpenSSL's AES-SIV cannot be reached from Node.
 *
 * @throws SourceError when it is not installed
 */
export async function loadAead(load: Load = () => import('@noble/ciphers/aes.js')): Promise<Aead> {
  const { aessiv } = await load().catch((cause: unknown) => {
    throw new SourceError(
      'unsupported',
      'nts needs the package @noble/ciphers: run npm install @noble/ciphers',
      { cause },
    )
  })
  return {
    tagBytes,
    seal: (key, nonce, associated, plaintext) => aessiv(key, associated, nonce).encrypt(plaintext),
    open(key, nonce, associated, sealed) {
      if (sealed.length < tagBytes) return undefined
      try {
        return aessiv(key, associated, nonce).decrypt(sealed)
      } catch {
        return undefined
      }
    },
  }
}
