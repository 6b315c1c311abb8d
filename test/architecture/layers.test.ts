import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { findCycles, type Module, parseModule, readModules } from '../support/module-graph.ts'
import {
  browserViolations,
  dashboardRules,
  layerViolations,
  type Manifest,
  serverViolations,
  undeclaredImports,
} from './layers.ts'

const packages = new URL('../../packages/', import.meta.url)

function modulesOf(name: string): Module[] {
  return readModules(fileURLToPath(new URL(`${name}/src`, packages)))
}

function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(new URL(`${name}/package.json`, packages), 'utf8'))
}

const library = modulesOf('skewproof')
const server = modulesOf('server')
const plugin = modulesOf('eslint-plugin-skewproof')
const dashboard = modulesOf('dashboard')

describe('the library', () => {
  it('imports downwards only', () => {
    expect(library.map(module => module.path)).toContain('clock/system.ts')
    expect(layerViolations(library)).toEqual([])
  })

  it('has no import cycles', () => {
    expect(findCycles(library)).toEqual([])
  })

  it('keeps the layers for browsers free of Node', () => {
    expect(browserViolations(library)).toEqual([])
  })

  it('declares the packages that it imports', () => {
    expect(undeclaredImports(library, manifestOf('skewproof'))).toEqual([])
  })
})

describe('the application', () => {
  it('uses what the library exports, and keeps the service apart from the commands', () => {
    expect(server).not.toEqual([])
    expect(serverViolations(server, manifestOf('skewproof'))).toEqual([])
  })

  it('has no import cycles', () => {
    expect(findCycles(server)).toEqual([])
  })

  it('declares the packages that it imports', () => {
    const { dependencies, devDependencies } = manifestOf('server')
    // The library becomes a part of the program.
    const skewproof = devDependencies?.['skewproof'] ?? ''
    expect(undeclaredImports(server, { dependencies: { ...dependencies, skewproof } })).toEqual([])
  })
})

describe('the lint rules', () => {
  it('have no import cycles', () => {
    expect(plugin).not.toEqual([])
    expect(findCycles(plugin)).toEqual([])
  })

  it('load only what their package declares', () => {
    const loaded = plugin.map(module => ({
      ...module,
      imports: module.imports.filter(({ typeOnly }) => !typeOnly),
    }))
    expect(undeclaredImports(loaded, manifestOf('eslint-plugin-skewproof'))).toEqual([])
  })
})

describe('the dashboard', () => {
  it('imports downwards only, and declares the packages that it imports', () => {
    const scripts = dashboard.map(module => ({
      ...module,
      imports: module.imports.filter(({ target }) => target?.endsWith('.css') !== true),
    }))
    expect(scripts.map(module => module.path)).toContain('main.tsx')
    expect(layerViolations(scripts, dashboardRules)).toEqual([])
    expect(undeclaredImports(dashboard, manifestOf('dashboard'))).toEqual([])
  })

  it('has no import cycles', () => {
    expect(findCycles(dashboard)).toEqual([])
  })
})

describe('the check itself', () => {
  const clock = parseModule('clock/clock.ts', '')
  const tokens = parseModule('tokens/service.ts', '')

  it.each([
    ['a static import', "import { a } from '../tokens/service.ts'"],
    ['an import for its effects', "import '../tokens/service.ts'"],
    ['a dynamic import', "export const a = () => import('../tokens/service.ts')"],
    ['a named re-export', "export { a } from '../tokens/service.ts'"],
    ['a re-export of everything', "export * from '../tokens/service.ts'"],
    ['an import of a type', "import type { A } from '../tokens/service.ts'"],
    ['an import within a type', "export type A = import('../tokens/service.ts').A"],
    ['a re-export of a type', "export type { A } from '../tokens/service.ts'"],
    ['an import by require', "import a = require('../tokens/service.ts')"],
  ])('sees %s', (_, text) => {
    expect(layerViolations([parseModule('clock/bad.ts', text), tokens])).toEqual([
      'clock/bad.ts:1 imports tokens/service.ts, which its layer may not',
    ])
  })

  it('allows what the table allows', () => {
    const good =
      "import { a } from '../clock/clock.ts'\nimport { b } from './service.ts'\nimport 'node:crypto'"
    expect(layerViolations([parseModule('tokens/good.ts', good), clock, tokens])).toEqual([])
  })

  it.each([
    ['clock/bad.ts', "import 'node:fs'", 'clock/bad.ts:1 imports node:fs, which its layer may not'],
    ['client/bad.ts', "import 'node:crypto'", 'client/bad.ts:1 imports node:crypto, which its layer may not'],
    ['tokens/bad.ts', "\nimport 'jose'", 'tokens/bad.ts:2 imports jose, which its layer may not'],
    ['tokens/bad.ts', 'await import(name)', 'tokens/bad.ts:1 imports a computed name'],
    [
      'tokens/bad.ts',
      "import './gone.ts'",
      'tokens/bad.ts:1 imports tokens/gone.ts, which is not in the package',
    ],
    ['helpers/bad.ts', '', 'helpers/bad.ts lies in no layer'],
  ])('refuses in %s: %s', (path, text, problem) => {
    expect(layerViolations([parseModule(path, text)])).toEqual([problem])
  })

  it('adds up the rules of a folder and of a module in it', () => {
    const text = "import 'node:fs'\nimport '../time/index.ts'"
    expect(layerViolations([parseModule('clock/system.ts', text), parseModule('time/index.ts', '')])).toEqual(
      [],
    )
  })

  it('leaves tests alone', () => {
    const test = parseModule('clock/good.test.ts', "import 'vitest'\nimport '../tokens/service.ts'")
    expect(layerViolations([test])).toEqual([])
  })

  it('finds cycles, of types too', () => {
    const modules = [
      parseModule('time/a.ts', "import './b.ts'"),
      parseModule('time/b.ts', "import './c.ts'"),
      parseModule('time/c.ts', "import type { B } from './b.ts'"),
    ]
    expect(findCycles(modules)).toEqual([['time/b.ts', 'time/c.ts', 'time/b.ts']])
  })

  it('finds what a browser would load by way of another layer', () => {
    const modules = [
      parseModule('simulator/run.ts', "import '../clock/system.ts'\nimport type {} from '../tokens/keys.ts'"),
      parseModule('clock/system.ts', "import 'node:os'"),
      parseModule('tokens/keys.ts', "import 'node:crypto'"),
    ]
    expect(browserViolations(modules)).toEqual(['simulator/run.ts loads node:os (clock/system.ts:1)'])
  })

  it('finds packages that are not declared', () => {
    const module = parseModule(
      'a.ts',
      "import '@scope/a/deep'\nimport 'b/deep'\nimport 'c'\nimport 'node:fs'",
    )
    const manifest = { dependencies: { '@scope/a': '1' }, peerDependencies: { c: '1' } }
    expect(undeclaredImports([module], manifest)).toEqual(['a.ts:2 imports b/deep, which is not declared'])
  })

  it.each([
    [
      "import 'skewproof/tokens/verifier'",
      'imports skewproof/tokens/verifier, which the library does not export',
    ],
    [
      "import '../../../skewproof/src/index.ts'",
      'imports ../../../skewproof/src/index.ts, which lies outside of the package',
    ],
    ["import '../commands/serve.ts'", 'imports commands/serve.ts: the service does not know the commands'],
  ])('refuses in the service: %s', (text, problem) => {
    const exports = { '.': {}, './tokens': {} }
    const good = parseModule('service/good.ts', "import 'skewproof'\nimport 'skewproof/tokens'")
    expect(serverViolations([good, parseModule('service/bad.ts', text)], { exports })).toEqual([
      `service/bad.ts:1 ${problem}`,
    ])
  })
})
