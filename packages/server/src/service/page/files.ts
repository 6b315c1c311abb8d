import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { packageFolder } from '../../package-folder.ts'

/** A file of the page, as it is sent. */
export interface PageFile {
  readonly type: string
  /** Whether its name changes with its content. */
  readonly isImmutable: boolean
  readonly etag: string
  readonly body: Buffer
  /** The body compressed, which is done when it is first asked for. */
  readonly gzip: () => Promise<Buffer>
  readonly brotli: () => Promise<Buffer>
}

const compressAsGzip = promisify(gzip)
const compressAsBrotli = promisify(brotliCompress)

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const builtFolder = fileURLToPath(new URL('page', packageFolder))

/**
 * The built page by the paths that it is asked for with. There are few and small files; what is not among them is
 * not served, so that no path can lead elsewhere. Empty when the page has not been built.
 */
export function readPageFiles(folder: string = builtFolder): ReadonlyMap<string, PageFile> {
  return new Map(
    namesIn(folder).flatMap(name => {
      const type = types[extname(name)]
      if (type === undefined) return []
      const path = name === 'index.html' ? '/' : `/${name}`
      return [[path, readPageFile(join(folder, name), type, path !== '/')] as const]
    }),
  )
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => name.replaceAll('\\', '/'))
  } catch {
    return []
  }
}

function readPageFile(path: string, type: string, isImmutable: boolean): PageFile {
  const body = readFileSync(path)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return {
    type,
    isImmutable,
    etag,
    body,
    gzip: once(() => compressAsGzip(body, { level: 9 })),
    brotli: once(() => compressAsBrotli(body)),
  }
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
