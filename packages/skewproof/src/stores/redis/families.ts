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
    await this.#access.write('addFamily', this.#keysOf(familyId), [
      familyId,
      subject,
      salt,
      generation,
      currentHash,
      grant,
      idleMs,
    ])
  }

  async find(familyId: string): Promise<RefreshFamily | undefined> {
    if (!isIdentifier(familyId)) return undefined
    const answer = await this.#access.run('findFamily', this.#keysOf(familyId), [familyId])
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

  async rotate({
    familyId,
    presentedHash,
    successorHash,
    graceMs,
  }: FamilyRotation): Promise<RotationOutcome> {
    if (!isIdentifier(familyId)) return 'unknown'
    const args = [familyId, presentedHash, successorHash, graceMs]
    const answer = await this.#access.write('rotateFamily', this.#keysOf(familyId), args)
    return answer === 'rotated' || answer === 'repeated' || answer === 'mismatch' ? answer : 'unknown'
  }

  async revoke(familyId: string): Promise<Change | undefined> {
    if (!isIdentifier(familyId)) return undefined
    return this.#access.change('revokeFamily', this.#keysOf(familyId), [familyId, newNonce()])
  }

  #keysOf(familyId: string): readonly string[] {
    const { keys } = this.#access
    return [keys.bucket(familyId), keys.family(familyId)]
  }
}
