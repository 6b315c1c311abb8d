import { readFileSync, statSync } from 'node:fs'
import { UsageError } from './usage-error.ts'

/**
 * A file that nobody else may read.
 *
 * @throws UsageError
 */
export function readSecretFile(option: string, path: string): Buffer {
  const secret = readNamedFile(option, path)
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new UsageError(`others may read ${path}, which is secret; do: chmod 600 ${path}`)
  }
  return secret
}

/** @throws UsageError that names the option that the file was given by */
export function readNamedFile(option: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    throw new UsageError(`${path}, which ${option} names, cannot be read`)
  }
}
