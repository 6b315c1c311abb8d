import { chmodSync, closeSync, fstatSync, mkdirSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { StoreOpenError } from './open-error.ts'

const maxDatabases = 16

/**
 * Opens the environment in a directory that only its owner can read.
 *
 * @throws StoreOpenError
 */
export function openEnvironment(directory: string): RootDatabase {
  const dataFile = join(directory, 'data.mdb')
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    checkDataFile(dataFile)
    const root = open({ path: directory, maxDbs: maxDatabases, maxReaders: 512 })
    for (const name of ['data.mdb', 'lock.mdb']) chmodSync(join(directory, name), 0o600)
    return root
  } catch (error) {
    throw error instanceof StoreOpenError ? error : explain(directory, error)
  }
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
  if (code === 'ENOSPC' || /no space/i.test(problem)) {
    return new StoreOpenError(`there is no space left on the disk of ${directory}`)
  }
  return new StoreOpenError(`the store in ${directory} cannot be opened: ${problem}`)
}

const magic = 0xbeefc0de
const dataVersion = 2
const metaLength = 160

/**
 * The library maps the file into memory and trusts it: a truncated one would end the process by a signal. So the two meta
 * pages are read first, and must agree with the file's length.
 */
function checkDataFile(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const first = readMeta(file, 0)
    const second = first && readMeta(file, first.pageSize)
    const metas = [first, second].filter(meta => meta !== undefined)
    const newest = metas.toSorted((a, b) => (a.transaction < b.transaction ? 1 : -1))[0]
    if (metas.length < 2 || newest === undefined) throw corrupt(path, 'it is not a data file of this store')
    if (BigInt(size) < (newest.lastPage + 1n) * BigInt(newest.pageSize))
      throw corrupt(path, 'it is truncated')
  } finally {
    closeSync(file)
  }
}

interface Meta {
  readonly pageSize: number
  readonly lastPage: bigint
  readonly transaction: bigint
}

/** The meta page at an offset, as LMDB's data format 2 lays it out after the page's header of 24 bytes. */
function readMeta(file: number, offset: number): Meta | undefined {
  const bytes = Buffer.alloc(metaLength)
  if (readSync(file, bytes, 0, metaLength, offset) < metaLength) return undefined
  if (bytes.readUInt32LE(24) !== magic || bytes.readUInt32LE(28) !== dataVersion) return undefined
  const pageSize = bytes.readUInt32LE(48)
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return undefined
  return { pageSize, lastPage: bytes.readBigUInt64LE(144), transaction: bytes.readBigUInt64LE(152) }
}

function corrupt(path: string, problem: string): StoreOpenError {
  return new StoreOpenError(
    `${path} is damaged: ${problem}; restore it from a backup, or move its directory away to start anew (all tokens and keys in it are lost)`,
  )
}
