import { constants } from 'node:fs'
import { open, readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../usage-error.ts'
import { examineSource, type SourceFacts } from './project/examine.ts'
import type { ProjectFacts } from './project.ts'

const maxFiles = 50_000
const maxFolderDepth = 64
const maxFileBytes = 1_048_576

/** Made by tools, or by others. Folders whose names begin with a dot are left out too. */
const leftOut: ReadonlySet<string> = new Set([
  'node_modules',
  'bower_components',
  'dist',
  'build',
  'coverage',
])

/** @throws UsageError when there is no such folder */
export async function gatherProject(folder: string, signal: AbortSignal): Promise<ProjectFacts> {
  const root = await folderAt(folder)
  const found: SourceFacts[] = []
  const unread: { file: string; problem: string }[] = []
  let isPartial = false
  for await (const file of sourcesBelow(root)) {
    if (signal.aborted || found.length + unread.length >= maxFiles) {
      isPartial = true
      break
    }
    const facts = await examineFile(root, file)
    if (typeof facts === 'string') unread.push({ file, problem: facts })
    else found.push(facts)
  }
  return {
    filesRead: found.length,
    unread,
    isPartial,
    verifications: found.flatMap(({ verifications }) => verifications),
    handMadeExpiries: found.flatMap(({ handMadeExpiries }) => handMadeExpiries),
  }
}

async function folderAt(folder: string): Promise<string> {
  try {
    const path = await realpath(folder)
    if ((await stat(path)).isDirectory()) return path
  } catch {
    // Said below.
  }
  throw new UsageError(`--project: ${folder} is not a folder that can be read`)
}

/** The sources below a folder, relative to it. Symbolic links are not followed, so that none leads out, or round in circles. */
async function* sourcesBelow(root: string, folder = '', depth = 0): AsyncGenerator<string> {
  if (depth > maxFolderDepth) return
  for (const entry of await entriesOf(join(root, folder))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isFile() && isSource(entry.name)) yield path
    else if (entry.isDirectory() && !entry.name.startsWith('.') && !leftOut.has(entry.name)) {
      yield* sourcesBelow(root, path, depth + 1)
    }
  }
}

async function entriesOf(path: string) {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1))
  } catch {
    return []
  }
}

function isSource(name: string): boolean {
  return /\.(?:[mc]?[jt]s|[jt]sx)$/.test(name) && !/\.d\.[mc]?ts$|\.min\.js$/.test(name)
}

/** What the file does, or why that cannot be told. */
async function examineFile(root: string, file: string): Promise<SourceFacts | string> {
  const text = await readSource(join(root, file))
  if (typeof text !== 'object') return text
  try {
    return examineSource(file, text.text)
  } catch (error) {
    // Code that is nested more deeply than the stack is none that people wrote.
    if (error instanceof RangeError) return 'it is nested too deeply'
    if (error instanceof SyntaxError) return `it does not parse: ${error.message.slice(0, 200)}`
    throw error
  }
}

async function readSource(path: string): Promise<{ readonly text: string } | string> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
    try {
      const { size } = await file.stat()
      if (size > maxFileBytes) return 'it is larger than 1 MiB'
      const buffer = Buffer.alloc(size)
      const { bytesRead } = await file.read(buffer, 0, size, 0)
      return { text: buffer.toString('utf8', 0, bytesRead) }
    } finally {
      await file.close()
    }
  } catch {
    return 'it cannot be read'
  }
}
