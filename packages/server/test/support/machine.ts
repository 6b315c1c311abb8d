import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Machine } from '../../src/doctor/gather-host.ts'
import { temporaryDirectory } from './processes.ts'

/** A folder that looks like a Linux machine with these files; programs are the files below `sbin`. */
export function machineWith(
  files: Readonly<Record<string, string>>,
  env: Machine['env'] = {},
  platform = 'linux',
): Machine {
  const root = temporaryDirectory()
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    if (path.includes('sbin/') || path.includes('lib/systemd/')) chmodSync(join(root, path), 0o755)
  }
  return { platform, root, env }
}

/** The files of a process, as `/proc` shows them. */
export function processFiles(pid: number, ...args: readonly [string, ...string[]]): Record<string, string> {
  const name = args[0].split('/').at(-1) ?? ''
  return {
    [`proc/${pid}/comm`]: `${name.slice(0, 15)}\n`,
    [`proc/${pid}/cmdline`]: args.map(arg => `${arg}\0`).join(''),
  }
}
