import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './process.ts'

/** A package as `npm publish` would upload it. */
export interface Tarball {
  readonly name: string
  readonly path: string
  /** The paths of the files in it. */
  readonly files: readonly string[]
}

/** What `npm pack --json` prints of each package. */
interface PackReport {
  name: string
  filename: string
  files: { path: string }[]
}

export interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly bin?: Readonly<Record<string, string>>
}

/** Packs workspaces of the project, with all that happens before they are published. */
export async function pack(root: string, workspaces: readonly string[], into: string): Promise<Tarball[]> {
  const selected = workspaces.flatMap(workspace => ['--workspace', workspace])
  const output = await run('npm', ['pack', '--json', '--pack-destination', into, ...selected], root)
  const reports: PackReport[] = JSON.parse(output)
  return reports.map(({ name, filename, files }) => ({
    name,
    path: join(into, filename),
    files: files.map(file => file.path),
  }))
}

export function readManifest(packageFolder: string): Manifest {
  return JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'))
}
