export { keysDocument } from './document.ts'
export { exportJwk } from './export.ts'
export { generateKey } from './generate.ts'
export {
  type ImportOptions,
  importSigningKey,
  importVerificationKey,
  type KeyInput,
} from './import.ts'
export { type Algorithm, algorithms, KeyError, type SigningKey, type VerificationKey } from './key.ts'
export { discoveredKeys, type RemoteKeysOptions, remoteKeys } from './remote.ts'
export { type KeyInfo, type KeyRing, storedKeyRing } from './ring.ts'
export type {
  KeySet,
  KeyState,
  RotationPolicy,
  StoredKey,
} from './rotation.ts'
export { findKey, type KeySource, staticKeys } from './source.ts'
export { thumbprint } from './thumbprint.ts'
