import type { FamilyRotation, RefreshFamily, RotationOutcome } from '../../tokens/store.ts'
import { isIdentifier } from '../identifier.ts'
import type { Access } from './access.ts'
import { isNothing, listOf, textOf } from './reply.ts'
import { newNonce, type ScriptRunner } from './runner.ts'

/** The store's refresh families. */
export class Families {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  async add(family: RefreshFamily): Promise<void> {
    const { familyId, subject, salt, generation, currentHash, grant, idleMs } = family
    const { scripts, keys } = this.#access
    await scripts.run(
      'addFamily',
      [keys.subject(subject), keys.family(familyId)],
      [familyId, subject, salt, generation, currentHash, grant, idleMs],
    )
  }

  async find(familyId: string): Promise<RefreshFamily | undefined> {
    const answer = await this.#run(this.#access.scripts, 'findFamily', familyId)
    if (isNothing(answer)) return undefined
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

  async rotate(rotation: FamilyRotation): Promise<RotationOutcome> {
    const { familyId, presentedHash, successorHash, graceMs } = rotation
    const args = [presentedHash, successorHash, graceMs]
    const answer = await this.#run(this.#access.scripts, 'rotateFamily', familyId, args)
    return answer === 'rotated' || answer === 'repeated' || answer === 'mismatch' ? answer : 'unknown'
  }

  /** Answers the number of the change, or nothing. */
  revoke(familyId: string): Promise<unknown> {
    return this.#run(this.#access.durable, 'revokeFamily', familyId, [newNonce()])
  }

  /** The subject is needed to name the keys; it never changes. */
  async #run(
    scripts: ScriptRunner,
    name: 'findFamily' | 'rotateFamily' | 'revokeFamily',
    familyId: string,
    args: readonly (string | number)[] = [],
  ): Promise<unknown> {
    if (!isIdentifier(familyId)) return null
    const key = this.#access.keys.family(familyId)
    const subject = await this.#access.send('HGET', key, 'subject')
    if (isNothing(subject)) return null
    return scripts.run(name, [this.#access.keys.subject(textOf(subject)), key], [familyId, ...args])
  }
}
