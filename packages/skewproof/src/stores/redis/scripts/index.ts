import { readDocument, writeDocument } from './documents.ts'
import { addFamily, findFamily, revokeFamily, rotateFamily } from './families.ts'
import { beginStore, countMissing, readChanges, readChangesAndWrite, tick } from './state.ts'
import { addToken, readTokens, revokeOlderThan, revokeSubject, revokeToken, scanTokens } from './tokens.ts'

export type ScriptName =
  | 'addFamily'
  | 'addToken'
  | 'beginStore'
  | 'countMissing'
  | 'findFamily'
  | 'readChanges'
  | 'readChangesAndWrite'
  | 'readDocument'
  | 'readTokens'
  | 'revokeFamily'
  | 'revokeOlderThan'
  | 'revokeSubject'
  | 'revokeToken'
  | 'rotateFamily'
  | 'scanTokens'
  | 'tick'
  | 'writeDocument'

/** Their texts; what they are given is said beside each. */
export const scripts: Readonly<Record<ScriptName, string>> = {
  addFamily,
  addToken,
  beginStore,
  countMissing,
  findFamily,
  readChanges,
  readChangesAndWrite,
  readDocument,
  readTokens,
  revokeFamily,
  revokeOlderThan,
  revokeSubject,
  revokeToken,
  rotateFamily,
  scanTokens,
  tick,
  writeDocument,
}
