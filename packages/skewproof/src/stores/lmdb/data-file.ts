import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { StoreOpenError } from './open-error.ts'
import { isRoot, isWhole } from './pages.ts'

const magic = 0xbeefc0de
const dataVersion = 2
const metaLength = 160

/** How often to look again at a file that somebody else is writing, and how long to wait each time. */
const attempts = 50
const pauseMs = 10

/**
 * The library maps the file into memory and trusts it: a damaged one would end the process by a signal. So what it begins
 * with is read first: the two meta pages, which must agree with the file's length, and the roots of the newest.
 *
 * @throws StoreOpenError
 */
export function checkDataFile(path: string): void {
  const file = openIfPresent(path)
  if (file === undefined) return
  try {
    for (let attempt = 1; ; attempt += 1) {
      const problem = findProblem(file)
      if (problem === undefined) return
      if (attempt >= (problem.mayPass ? attempts : 1)) throw damaged(path, problem.message)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs)
    }
  } finally {
    closeSync(file)
  }
}

interface Problem {
  readonly message: string
  /** It may come from another process that is just writing. */
  readonly mayPass: boolean
}

function findProblem(file: number): Problem | undefined {
  const { size } = fstatSync(file)
  if (size === 0) return { message: 'it is empty', mayPass: true }
  const first = readMeta(file, 0)
  const second = first && readMeta(file, first.pageSize)
  if (first === undefined || second === undefined) {
    return { message: 'it is not a data file of this store', mayPass: false }
  }
  const { roots, pageSize, lastPage } = second.transaction > first.transaction ? second : first
  const source = { file, pageSize, pages: Math.floor(size / pageSize) }
  // Pages at the end that hold nothing may never have been written.
  const isCut = BigInt(source.pages) <= lastPage
  if (isCut && !roots.every(root => holds(() => isWhole(source, root)))) {
    return { message: 'it is truncated', mayPass: true }
  }
  return roots.every(root => isRoot(source, root))
    ? undefined
    : { message: 'a root page is not one', mayPass: true }
}

/** What lies in a damaged page may lead out of it. */
function holds(check: () => boolean): boolean {
  try {
    return check()
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

interface Meta {
  readonly pageSize: number
  readonly lastPage: bigint
  readonly transaction: bigint
  readonly roots: readonly bigint[]
}

/** The meta page at an offset, as LMDB's data format 2 lays it out after the page's header of 24 bytes. */
function readMeta(file: number, offset: number): Meta | undefined {
  const bytes = Buffer.alloc(metaLength)
  if (readSync(file, bytes, 0, metaLength, offset) < metaLength) return undefined
  if (bytes.readUInt32LE(24) !== magic || bytes.readUInt32LE(28) !== dataVersion) return undefined
  const pageSize = bytes.readUInt32LE(48)
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return undefined
  return {
    pageSize,
    lastPage: bytes.readBigUInt64LE(144),
    transaction: bytes.readBigUInt64LE(152),
    roots: [bytes.readBigUInt64LE(88), bytes.readBigUInt64LE(136)],
  }
}

function openIfPresent(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function damaged(path: string, problem: string): StoreOpenError {
  return new StoreOpenError(
    `${path} is damaged: ${problem}; restore it from a backup, or move its directory away to start anew (all tokens and keys in it are lost)`,
  )
}
