import { readSync } from 'node:fs'

/** A file of LMDB's data format 2. */
export interface PageFile {
  readonly file: number
  readonly pageSize: number
  /** How many whole pages it has. */
  readonly pages: number
}

/** The root of a tree that is empty. */
const noRoot = 0xffff_ffff_ffff_ffffn
const maxDepth = 64

// A page: number u64, transaction u64, u16, flags u16, lower u16, upper u16; then offsets u16 of its nodes, counted from here.
const headerLength = 24
const branchFlag = 0b01
const leafFlag = 0b10

// A node: four u16, key, data. In a branch the first three are a page's number; in a leaf they are the data's length and
// flags.
const nodeHeaderLength = 8
const overflowFlag = 0b01
const subtreeFlag = 0b10
/** Where the number of its root lies in the record of a tree. */
const rootOffset = 40

/** Whether a tree is empty, or its root lies in the file, carries its own number, and is a branch or a leaf. */
export function isRoot(source: PageFile, root: bigint): boolean {
  return root === noRoot || readPage(source, root) !== undefined
}

/** Whether everything that a tree leads to lies in the file. Reads all of its pages. */
export function isWhole(source: PageFile, root: bigint, depth = 0): boolean {
  if (root === noRoot) return true
  const page = depth > maxDepth ? undefined : readPage(source, root)
  if (page === undefined) return false
  const isLeaf = (page.readUInt16LE(18) & leafFlag) !== 0
  return nodesOf(page).every(node => {
    if (!isLeaf) return isWhole(source, BigInt(page.readUIntLE(node, 6)), depth + 1)
    const flags = page.readUInt16LE(node + 4)
    const data = node + nodeHeaderLength + page.readUInt16LE(node + 6)
    if ((flags & overflowFlag) !== 0) {
      const [first, count] = [page.readBigUInt64LE(data), page.readBigUInt64LE(data + 16)]
      return first + count <= BigInt(source.pages)
    }
    return (flags & subtreeFlag) === 0 || isWhole(source, page.readBigUInt64LE(data + rootOffset), depth + 1)
  })
}

function nodesOf(page: Buffer): readonly number[] {
  const count = page.readUInt16LE(20) >> 1
  return Array.from(
    { length: count },
    (_, index) => headerLength + page.readUInt16LE(headerLength + index * 2),
  )
}

function readPage({ file, pageSize, pages }: PageFile, number: bigint): Buffer | undefined {
  if (number >= BigInt(pages)) return undefined
  const page = Buffer.alloc(pageSize)
  readSync(file, page, 0, pageSize, Number(number) * pageSize)
  const isTreePage = (page.readUInt16LE(18) & (branchFlag | leafFlag)) !== 0
  return page.readBigUInt64LE(0) === number && isTreePage ? page : undefined
}
