import { readFileSync, statSync } from 'node:fs'
import { UsageError } from './usage-error.ts'

/**
 * A file that nobody else may read. One of root's may be read by the group of this process, as Kubernetes mounts secrets for
 * processes that are not root.
 *
 * @throws UsageError
 */
export function readSecretFile(option: string, path: string): Buffer {
  const secret = readNamedFile(option, path)
  if (isReadByOthers(statSync(path), process.getuid?.())) {
    throw new UsageError(`others may read ${path}, which is secret; do: chmod 600 ${path}`)
  }
  return secret
}

/** @param uid this process's user; `undefined` where there are none */
export function isReadByOthers(file: { mode: number; uid: number }, uid: number | undefined): boolean {
  const isLent = file.uid === 0 && uid !== 0
  return (file.mode & (isLent ? 0o037 : 0o077)) !== 0
}

/** @throws UsageError that names the option that the file was given by */
export function readNamedFile(option: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    throw new UsageError(`${path}, which ${option} names, cannot be read`)
  }
}
