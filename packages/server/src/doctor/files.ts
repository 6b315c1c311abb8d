import { constants } from 'node:fs'
import { access, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** How much of a file is read: those of the kernel and of daemons are far smaller. */
const maxBytes = 262_144

/** The beginning of a file, at most 256 KiB; `undefined` when it cannot be read. Files of `/proc` do not tell their size. */
export async function readStart(path: string): Promise<string | undefined> {
  try {
    // Opening a pipe that nobody writes to would wait for ever.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const buffer = Buffer.alloc(maxBytes)
      let length = 0
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, maxBytes - length)
        if (bytesRead === 0) return buffer.toString('utf8', 0, length)
        length += bytesRead
      }
    } finally {
      await file.close()
    }
  } catch {
    return undefined
  }
}

/** The names in a folder, in order; none when it cannot be read. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch {
    return []
  }
}

export async function exists(path: string): Promise<boolean> {
  return isAccessible(path, constants.F_OK)
}

/** The first of these folders' files of that name that may be run. */
export async function findProgram(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name)
    if (await isAccessible(path, constants.X_OK)) return path
  }
  return undefined
}

async function isAccessible(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode)
    return true
  } catch {
    return false
  }
}
