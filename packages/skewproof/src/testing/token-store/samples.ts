import { subjectTag } from '../../tokens/identifiers.ts'
import type { FamilyRotation, RefreshFamily, TokenRecord } from '../../tokens/store.ts'

export const hourMs = 3_600_000

let count = 0

/** An identifier of the subject's that no other sample has. */
function sampleId(subject: string): string {
  count += 1
  return `${subjectTag(subject)}-sample-${count}`
}

const alice = 'alice'

export function sampleToken(changes: Partial<TokenRecord> = {}): TokenRecord {
  return {
    jti: sampleId(changes.subject ?? alice),
    subject: alice,
    issuedAtSeconds: 1_700_000_000,
    lifetimeMs: hourMs,
    toleranceMs: 60_000,
    ...changes,
  }
}

export function sampleFamily(changes: Partial<RefreshFamily> = {}): RefreshFamily {
  return {
    familyId: sampleId(changes.subject ?? alice),
    subject: alice,
    salt: 'salt',
    generation: 0,
    currentHash: 'hash-0',
    grant: '{"expiresInSeconds":3600}',
    idleMs: hourMs,
    ...changes,
  }
}

export function rotation(
  familyId: string,
  from: number,
  changes: Partial<FamilyRotation> = {},
): FamilyRotation {
  return {
    familyId,
    presentedHash: `hash-${from}`,
    successorHash: `hash-${from + 1}`,
    graceMs: 30_000,
    ...changes,
  }
}

/** Text that is easily mistaken for something else on its way to a key. */
export const awkwardSubjects: readonly string[] = [
  '',
  ' ',
  'alice\0',
  'alice\0token',
  'Alice',
  'älice',
  'a\u0308lice',
  '用户',
  '👩‍👩‍👧',
  '../../etc/passwd',
  '*',
  '{alice}',
  'alice:1',
  'a"b\\c\nd',
  '__proto__',
  'constructor',
  '\ufffd',
  `${'x'.repeat(4000)}1`,
  `${'x'.repeat(4000)}2`,
  'ü'.repeat(4000),
]

/** What names nothing: it is no identifier, or nobody has it. */
export const unknownIds: readonly string[] = [
  '',
  'nobody',
  '__proto__',
  'constructor',
  'a b',
  'a\0',
  '*',
  'ü',
  'a'.repeat(65),
  'a'.repeat(100_000),
]
