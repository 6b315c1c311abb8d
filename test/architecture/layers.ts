import { isTest, loadedModules, type Module } from '../support/module-graph.ts'

/** What the modules of one folder, or one module, may import besides their own layer. Rules for the same module add up. */
interface Rule {
  /** A folder or a file below `src`. */
  readonly within: string
  /** Folders and files below `src`. */
  readonly imports?: readonly string[]
  /** Packages and built-in modules, by their exact specifier. */
  readonly externals?: readonly string[]
}

const computing = ['node:buffer', 'node:crypto', 'node:events', 'node:util']
const files = ['node:fs', 'node:fs/promises', 'node:os', 'node:path']
const network = ['node:dgram', 'node:dns/promises', 'node:http', 'node:https', 'node:net', 'node:tls']

/** The library's layers: imports go downwards only. */
export const libraryRules: readonly Rule[] = [
  { within: 'time' },
  { within: 'clock', imports: ['time'] },
  { within: 'clock/system.ts', externals: ['node:fs', 'node:os'] },
  { within: 'clock/anchored.ts', externals: ['node:events'] },
  { within: 'clock/bounded.ts', externals: ['node:events'] },
  {
    within: 'sources',
    imports: ['clock', 'time'],
    externals: [...computing, ...files, ...network, 'node:child_process'],
  },
  { within: 'sources/nts', externals: ['@noble/ciphers/aes.js'] },
  { within: 'tokens', imports: ['clock', 'time'], externals: computing },
  { within: 'tokens/keys', externals: ['jose', 'jose/jwks/remote'] },
  { within: 'tokens/status', externals: ['node:zlib'] },
  { within: 'stores', imports: ['time', 'clock', 'tokens'], externals: computing },
  { within: 'stores/lmdb', externals: [...files, 'lmdb'] },
  { within: 'stores/redis', externals: ['@redis/client', 'node:timers/promises'] },
  { within: 'fleet', imports: ['clock', 'sources', 'stores', 'time'], externals: computing },
  { within: 'fleet/identity.ts', externals: ['node:os'] },
  { within: 'http', imports: ['tokens', 'clock', 'time'] },
  { within: 'http/express', externals: ['express'] },
  { within: 'http/fastify', externals: ['fastify'] },
  { within: 'http/hono', externals: ['hono'] },
  { within: 'compat', imports: ['tokens', 'sources', 'clock', 'time'], externals: computing },
  { within: 'compat/jsonwebtoken', externals: ['jsonwebtoken'] },
  { within: 'compat/jose', externals: ['jose'] },
  { within: 'telemetry', imports: ['fleet', 'tokens', 'clock', 'time'], externals: ['@opentelemetry/api'] },
  {
    within: 'simulator',
    imports: [
      'clock',
      'time',
      ...['cadence', 'common-view', 'store-clock'].map(name => `fleet/${name}.ts`),
      ...['decision', 'policy', 'errors', 'refusal', 'stated-error'].map(name => `tokens/${name}.ts`),
    ],
  },
  { within: 'client', imports: ['time'] },
  { within: 'client/undici', externals: ['undici'] },
  {
    within: 'testing',
    imports: ['clock', 'sources', 'stores', 'tokens', 'time'],
    externals: [...computing, 'node:assert/strict'],
  },
  { within: 'index.ts', imports: ['.'] },
]

/** The dashboard's layers: what is pure at the bottom, the views on top, each of them a world of its own. */
export const dashboardRules: readonly Rule[] = [
  { within: 'text' },
  { within: 'wire', externals: ['skewproof/fleet'] },
  { within: 'picture', imports: ['wire'] },
  { within: 'state', imports: ['wire', 'picture'], externals: ['@preact/signals', 'skewproof/fleet'] },
  { within: 'navigation.test.ts' },
  { within: 'navigation.ts', externals: ['@preact/signals', 'preact'] },
  {
    within: 'parts',
    imports: ['navigation.ts', 'state', 'text', 'wire'],
    externals: ['@preact/signals', 'preact', 'preact/hooks', 'uplot', 'uplot/dist/uPlot.min.css'],
  },
  {
    within: 'views',
    imports: ['navigation.ts', 'parts', 'state', 'picture', 'text', 'wire'],
    externals: [
      '@preact/signals',
      'preact',
      'preact/hooks',
      'uplot',
      'skewproof/fleet',
      'skewproof/simulator',
    ],
  },
  { within: 'routes.ts', imports: ['navigation.ts', 'views'] },
  { within: 'main.tsx', imports: ['.'], externals: ['preact'] },
  { within: 'assets.d.ts' },
]

/** Layers that also run in a browser, or in another runtime: nothing that they load may need Node. */
export const browserLayers: readonly string[] = ['time', 'client', 'http', 'simulator']

function isWithin(path: string, folder: string): boolean {
  return folder === '.' || path === folder || path.startsWith(`${folder}/`)
}

function layerOf(path: string): string {
  return path.split('/')[0] ?? path
}

/** Where a library's module imports what its layer may not. Tests may import anything, but must lie in a layer too. */
export function layerViolations(modules: readonly Module[], rules: readonly Rule[] = libraryRules): string[] {
  const paths = new Set(modules.map(module => module.path))
  return modules.flatMap(({ path, imports }) => {
    const applicable = rules.filter(rule => isWithin(path, rule.within))
    if (applicable.length === 0) return [`${path} lies in no layer`]
    if (isTest(path)) return []
    const folders = [layerOf(path), ...applicable.flatMap(rule => rule.imports ?? [])]
    const externals = new Set(applicable.flatMap(rule => rule.externals ?? []))
    return imports.flatMap(({ specifier, target, line }) => {
      const at = `${path}:${line}`
      if (specifier === undefined) return [`${at} imports a computed name`]
      if (target === undefined) {
        return externals.has(specifier) ? [] : [`${at} imports ${specifier}, which its layer may not`]
      }
      if (!paths.has(target)) return [`${at} imports ${target}, which is not in the package`]
      return folders.some(folder => isWithin(target, folder))
        ? []
        : [`${at} imports ${target}, which its layer may not`]
    })
  })
}

/** Where a browser layer loads what a browser does not have. */
export function browserViolations(modules: readonly Module[]): string[] {
  const starts = modules.filter(({ path }) => browserLayers.includes(layerOf(path)) && !isTest(path))
  return starts.flatMap(({ path }) =>
    loadedModules(modules, path).flatMap(loaded =>
      loaded.imports
        .filter(({ target, typeOnly }) => target === undefined && !typeOnly)
        .map(({ specifier, line }) => `${path} loads ${specifier} (${loaded.path}:${line})`),
    ),
  )
}

export interface Manifest {
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Where a module imports a package that its own manifest does not declare. */
export function undeclaredImports(modules: readonly Module[], manifest: Manifest): string[] {
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies }
  return modules
    .filter(({ path }) => !isTest(path))
    .flatMap(({ path, imports }) =>
      imports.flatMap(({ specifier, target, line }) => {
        if (specifier === undefined || target !== undefined || specifier.startsWith('node:')) return []
        return packageName(specifier) in declared
          ? []
          : [`${path}:${line} imports ${specifier}, which is not declared`]
      }),
    )
}

/** Where the application reaches round the library's exports, or from below into the commands. */
export function serverViolations(modules: readonly Module[], library: Manifest): string[] {
  const exported = Object.keys(library.exports ?? {}).map(path => path.replace('.', 'skewproof'))
  return modules.flatMap(({ path, imports }) =>
    imports.flatMap(({ specifier, target, line }) => {
      const at = `${path}:${line}`
      if (specifier === undefined) return [`${at} imports a computed name`]
      if (target?.startsWith('..')) return [`${at} imports ${specifier}, which lies outside of the package`]
      if (packageName(specifier) === 'skewproof' && !exported.includes(specifier)) {
        return [`${at} imports ${specifier}, which the library does not export`]
      }
      const below = ['service', 'doctor'].find(folder => isWithin(path, folder))
      if (target !== undefined && below !== undefined && isWithin(target, 'commands')) {
        return [`${at} imports ${target}: the ${below} does not know the commands`]
      }
      return []
    }),
  )
}
