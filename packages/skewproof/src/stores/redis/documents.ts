import { OptionError } from '../../time/index.ts'
import { storeUnavailable } from '../../tokens/errors.ts'
import type { StoredDocument } from '../../tokens/store.ts'
import type { Access } from './access.ts'
import { isNothing, listOf, numberOf, textOf } from './reply.ts'
import { newNonce } from './runner.ts'
import type { Seal } from './seal.ts'

/** The store's documents, which leave this process encrypted. */
export class Documents {
  readonly #access: Access
  readonly #seal: Seal | undefined

  constructor(access: Access, seal: Seal | undefined) {
    this.#access = access
    this.#seal = seal
  }

  async read(name: string): Promise<StoredDocument> {
    const key = this.#access.keys.document(name)
    const [readAt, versionNumber, sealed] = listOf(await this.#access.run('readDocument', [key]))
    const readAtMs = numberOf(readAt)
    const version = numberOf(versionNumber)
    if (version === 0) return { version, value: undefined, readAtMs }
    if (this.#seal === undefined) throw storeUnavailable('its documents are encrypted; give encryptionKey')
    return { version, value: this.#seal.open(textOf(sealed), contextOf(name, version)), readAtMs }
  }

  async write(name: string, value: string, expectedVersion: number): Promise<boolean> {
    if (this.#seal === undefined) {
      throw new OptionError('encryptionKey', 'give 32 random bytes: documents hold the keys that sign')
    }
    const sealed = this.#seal.close(value, contextOf(name, expectedVersion + 1))
    const key = this.#access.keys.document(name)
    const number = await this.#access.write(
      'writeDocument',
      [key],
      [newNonce(), name, expectedVersion, sealed],
    )
    return !isNothing(number)
  }
}

/** An encrypted document is good only as what it is. */
function contextOf(name: string, version: number): string {
  return `skewproof document ${version} ${name}`
}
