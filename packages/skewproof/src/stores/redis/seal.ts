import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { OptionError } from '../../time/index.ts'
import { storeUnavailable } from '../../tokens/errors.ts'

const algorithm = 'aes-256-gcm'
const keyLength = 32
const nonceLength = 12
const tagLength = 16
const format = 'A256GCM'

/**
 * Seals documents with a key that Redis does not have. A sealed one is good only under its own name and version, so that
 * whoever can write to Redis can neither read, nor change, nor exchange them, nor bring back an old one.
 */
export class Seal {
  readonly #key: Buffer
  /** Tells keys apart, and tells nothing of them. */
  readonly #keyId: string

  /** @throws OptionError */
  constructor(key: Uint8Array) {
    if (!(key instanceof Uint8Array) || key.length !== keyLength) {
      throw new OptionError('encryptionKey', `use ${keyLength} random bytes`)
    }
    this.#key = Buffer.from(key)
    this.#keyId = createHash('sha256')
      .update('skewproof key id')
      .update(this.#key)
      .digest('base64url')
      .slice(0, 11)
  }

  /** @param context what the text belongs to; it is not part of the result */
  close(text: string, context: string): string {
    const nonce = randomBytes(nonceLength)
    const cipher = createCipheriv(algorithm, this.#key, nonce).setAAD(Buffer.from(context))
    const sealed = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
    return `${format}.${this.#keyId}.${Buffer.concat(sealed).toString('base64url')}`
  }

  /** @throws TokenError `ERR_STORE_UNAVAILABLE` when it was sealed with another key, or is not what was sealed */
  open(text: string, context: string): string {
    const [name, keyId, body = ''] = text.split('.')
    if (name !== format) throw storeUnavailable('a document in it is not encrypted by this store')
    if (keyId !== this.#keyId)
      throw storeUnavailable('its documents are encrypted with another key; use the same one everywhere')
    const bytes = Buffer.from(body, 'base64url')
    try {
      const decipher = createDecipheriv(algorithm, this.#key, bytes.subarray(0, nonceLength), {
        authTagLength: tagLength,
      })
      decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-tagLength))
      const opened = decipher.update(bytes.subarray(nonceLength, -tagLength))
      return Buffer.concat([opened, decipher.final()]).toString('utf8')
    } catch (error) {
      throw storeUnavailable('a document in it was changed by somebody else', error)
    }
  }
}
