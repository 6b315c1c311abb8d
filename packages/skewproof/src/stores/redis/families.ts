import type { FamilyRotation, RefreshFamily, RotationOutcome } from '../../tokens/store.ts'
import { isIdentifier } from '../identifier.ts'
import type { Access, Change } from './access.ts'
import { isNothing, listOf, textOf } from './reply.ts'
import { newNonce } from './runner.ts'

/** The refresh families of a shard. */
export class Families {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  async add(family: RefreshFamily): Promise<void> {
    const { familyId, subject, salt, generation, currentHash, grant, idleMs } = family
    const { keys } = this.#access
    await this.#access.write(
      'addFamily',
      [keys.subject(subject), keys.family(familyId)],
      [familyId, subject, salt, generation, currentHash, grant, idleMs],
    )
  }

  async find(familyId: string): Promise<RefreshFamily | undefined> {
    const keys = await this.#keysOf(familyId)
    const answer = keys && (await this.#access.run('findFamily', keys, [familyId]))
    if (answer === undefined || isNothing(answer)) return undefined
    const [subject = '', salt = '', generation, currentHash = '', grant = '', idleMs] =
      listOf(answer).map(textOf)
    return {
      familyId,
      subject,
      salt,
      generation: Number(generation),
      currentHash,
      grant,
      idleMs: Number(idleMs),
    }
  }

  async rotate({
    familyId,
    presentedHash,
    successorHash,
    graceMs,
  }: FamilyRotation): Promise<RotationOutcome> {
    const keys = await this.#keysOf(familyId)
    const args = [familyId, presentedHash, successorHash, graceMs]
    const answer = keys && (await this.#access.write('rotateFamily', keys, args))
    return answer === 'rotated' || answer === 'repeated' || answer === 'mismatch' ? answer : 'unknown'
  }

  async revoke(familyId: string): Promise<Change | undefined> {
    const keys = await this.#keysOf(familyId)
    return keys && this.#access.change('revokeFamily', keys, [familyId, newNonce()])
  }

  /** The subject is needed to name them; it never changes. */
  async #keysOf(familyId: string): Promise<readonly string[] | undefined> {
    if (!isIdentifier(familyId)) return undefined
    const { keys } = this.#access
    const family = keys.family(familyId)
    const subject = await this.#access.readConstant('HGET', family, 'subject')
    return subject === undefined ? undefined : [keys.subject(subject), family]
  }
}
