import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A disk of a few megabytes that can be filled and emptied. */
export interface SmallDisk {
  /** Leaves so many bytes. */
  fill(leaveBytes?: number): void
  makeRoom(): void
}

/** Mounts it on a directory, which it makes, until the test has finished. Only root may. */
export function mountSmallDisk(path: string, megabytes: number): SmallDisk {
  mkdirSync(path)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'skewproof', path])
  if (mounted.status !== 0) {
    throw new Error(`this test mounts a tmpfs: run it as root (${mounted.error ?? mounted.stderr})`)
  }
  onTestFinished(() => {
    spawnSync('umount', ['--lazy', path])
  })
  const ballast = join(path, 'ballast')
  return {
    fill(leaveBytes = 0) {
      const { bavail, bsize } = statfsSync(path)
      appendFileSync(ballast, Buffer.alloc(bavail * bsize - leaveBytes))
    },
    makeRoom() {
      rmSync(ballast)
    },
  }
}
