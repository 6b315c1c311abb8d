import { chmodSync, mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { checkDataFile } from './data-file.ts'
import { StoreOpenError } from './open-error.ts'

const maxDatabases = 16
/** What opening writes, with room to spare. */
const minFreeBytes = 1024 * 1024

/**
 * Opens the environment in a directory that only its owner can read.
 *
 * @param begin the first use of it, whose failure means that it cannot be used
 * @throws StoreOpenError
 */
export function openEnvironment<T>(directory: string, begin: (root: RootDatabase) => T): T {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    checkDataFile(join(directory, 'data.mdb'))
    checkSpace(directory)
    const root = open({
      path: directory,
      maxDbs: maxDatabases,
      maxReaders: 512,
      // Nothing shows before it is on disk: what other processes act upon must not be lost with the power.
      overlappingSync: false,
      // Batches of its own would begin with a promise that nobody can hold, and whose rejection ends the process.
      eventTurnBatching: false,
    })
    try {
      for (const name of ['data.mdb', 'lock.mdb']) chmodSync(join(directory, name), 0o600)
      return begin(root)
    } catch (error) {
      void root.close()
      throw error
    }
  } catch (error) {
    throw error instanceof StoreOpenError ? error : explain(directory, error)
  }
}

/** The lock file is written through a memory map, which ends the process by a signal when the disk is full. */
function checkSpace(directory: string): void {
  const { bavail, bsize } = statfsSync(directory)
  if (bavail * bsize < minFreeBytes) throw noSpace(directory)
}

function explain(directory: string, error: unknown): StoreOpenError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const problem = error instanceof Error ? error.message : String(error)
  if (code === 'EEXIST' || code === 'ENOTDIR') {
    return new StoreOpenError(`${directory} is not a directory; give a directory for the store`)
  }
  if (
    code === 'EACCES' ||
    code === 'EPERM' ||
    code === 'EROFS' ||
    /permission denied|read-only/i.test(problem)
  ) {
    return new StoreOpenError(`the store in ${directory} cannot be written; check its owner and permissions`)
  }
  if (code === 'ENOSPC' || /no space/i.test(problem)) return noSpace(directory)
  if (/^MDB_(CORRUPTED|INVALID|INCOMPATIBLE|VERSION_MISMATCH|PAGE_NOTFOUND)/.test(problem)) {
    return new StoreOpenError(
      `the store in ${directory} is damaged (${problem}); restore it from a backup, or move the directory away to start anew (all tokens and keys in it are lost)`,
    )
  }
  return new StoreOpenError(`the store in ${directory} cannot be opened: ${problem}`)
}

function noSpace(directory: string): StoreOpenError {
  return new StoreOpenError(`there is no space left on the disk of ${directory}; free at least 1 MiB`)
}
