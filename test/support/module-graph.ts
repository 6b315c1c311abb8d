import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { lineAt, type Node, parse, walk } from './syntax.ts'

export interface ModuleImport {
  /** As written; `undefined` when it is computed. */
  readonly specifier: string | undefined
  /** The imported file, relative to the package's `src`; `undefined` when it is not a relative import. */
  readonly target: string | undefined
  /** Whether it is gone once types are erased. */
  readonly typeOnly: boolean
  readonly line: number
}

export interface Module {
  /** Relative to the package's `src`. */
  readonly path: string
  readonly text: string
  readonly imports: readonly ModuleImport[]
}

function isTypeOnly(node: Node): boolean {
  switch (node.type) {
    case 'TSImportType':
      return true
    case 'ImportDeclaration':
      return node.importKind === 'type'
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return node.exportKind === 'type'
    default:
      return false
  }
}

/** The node that names the imported module. */
function importSource(node: Node): Node | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ImportExpression':
    case 'ExportAllDeclaration':
    case 'TSImportType':
      return node.source
    case 'ExportNamedDeclaration':
      return node.source ?? undefined
    case 'TSExternalModuleReference':
      return node.expression
    default:
      return undefined
  }
}

/** Reads a module's imports of every form: static, dynamic, `export ... from`, `import type`, `import('...')` in a type. */
export function parseModule(path: string, text: string): Module {
  const imports: ModuleImport[] = []
  walk(parse(path, text), node => {
    const source = importSource(node)
    if (source === undefined) return undefined
    const specifier = source.type === 'Literal' && typeof source.value === 'string' ? source.value : undefined
    const target = specifier?.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined
    imports.push({ specifier, target, typeOnly: isTypeOnly(node), line: lineAt(text, node.start) })
    return undefined
  })
  return { path, text, imports }
}

/** The modules below a package's `src`. */
export function readModules(sourceFolder: string): Module[] {
  return readdirSync(sourceFolder, { recursive: true, encoding: 'utf8' })
    .filter(path => /\.tsx?$/.test(path))
    .map(path => path.replaceAll('\\', '/'))
    .sort()
    .map(path => parseModule(path, readFileSync(join(sourceFolder, path), 'utf8')))
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path)
}

/** Each import cycle, as the paths along it; the first is repeated at the end. Imports of types count. */
export function findCycles(modules: readonly Module[]): string[][] {
  const byPath = new Map(modules.map(module => [module.path, module]))
  const done = new Set<string>()
  const cycles: string[][] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) {
      cycles.push([...trail.slice(start), path])
      return
    }
    if (done.has(path)) return
    for (const { target } of byPath.get(path)?.imports ?? []) {
      if (target !== undefined) visit(target, [...trail, path])
    }
    done.add(path)
  }
  for (const { path } of modules) visit(path, [])
  return cycles
}

/** The modules that are loaded when `path` is: what it imports, and what that imports, types left out. */
export function loadedModules(modules: readonly Module[], path: string): Module[] {
  const byPath = new Map(modules.map(module => [module.path, module]))
  const loaded = new Map<string, Module>()
  const load = (next: string): void => {
    const module = byPath.get(next)
    if (module === undefined || loaded.has(next)) return
    loaded.set(next, module)
    for (const { target, typeOnly } of module.imports) {
      if (target !== undefined && !typeOnly) load(target)
    }
  }
  load(path)
  return [...loaded.values()]
}
