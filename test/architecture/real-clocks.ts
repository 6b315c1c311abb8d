import type { Module } from '../support/module-graph.ts'
import { lineAt, type Node, parse, walk } from '../support/syntax.ts'

/** The only modules that may read this machine's clocks, below a package's `src`: Node's, and what a browser has too. */
export const clockModules: readonly string[] = ['clock/system.ts', 'client/device.ts']

/** The module that holds the global object, by a type that has no clock. */
const scopeModule = 'client/scope.ts'

const globalObjects = new Set(['globalThis', 'global', 'window', 'self'])

/** Those of them whose name nothing else has. */
const surelyGlobal = new Set(['globalThis', 'global'])

/** Members that read a clock, by the built-in module or global that has them. */
const clockMembers = new Map([
  ['process', new Set(['hrtime', 'uptime', 'getBuiltinModule'])],
  ['os', new Set(['uptime'])],
])

const clockBuiltins = new Set(['perf_hooks'])

const harmlessDateMembers = new Set(['UTC', 'parse'])

/** Nodes of TypeScript that hold expressions; all others hold types, which are erased. */
const typescriptExpressions = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'TSParameterProperty',
])

/** The name of a member or property: written out, or as a literal in brackets; `undefined` when it is computed. */
function staticName(key: Node, computed: boolean): string | undefined {
  if (key.type === 'Identifier' && !computed) return key.name
  return key.type === 'Literal' && typeof key.value === 'string' ? key.value : undefined
}

/** Whether an identifier is only the name of something: a member, a property, an imported or exported name. */
function isName(node: Node, parent: Node | undefined): boolean {
  switch (parent?.type) {
    case 'MemberExpression':
      return parent.property === node && !parent.computed
    case 'Property':
      return parent.key === node && !parent.computed && !parent.shorthand
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'AccessorProperty':
      return parent.key === node && !parent.computed
    case 'ImportSpecifier':
      return parent.imported === node && parent.local !== node
    case 'ExportSpecifier':
      return parent.exported === node && parent.local !== node
    default:
      return false
  }
}

/** Whether `Date` is used in a way that says nothing of the present: on given numbers, or as a class to compare with. */
function isHarmlessDate(date: Node, parent: Node | undefined): boolean {
  switch (parent?.type) {
    case 'NewExpression': {
      const [first] = parent.arguments
      return parent.callee === date && first !== undefined && first.type !== 'SpreadElement'
    }
    case 'MemberExpression':
      return harmlessDateMembers.has(staticName(parent.property, parent.computed) ?? '')
    case 'BinaryExpression':
      return parent.operator === 'instanceof' && parent.right === date
    default:
      return false
  }
}

function builtinName(source: Node): string | undefined {
  return source.type === 'Literal' && typeof source.value === 'string'
    ? source.value.replace(/^node:/, '')
    : undefined
}

/** The local names by which a module knows `process` and `os`: the global, and what it imports as a whole. */
function moduleAliases(program: Node): Map<string, string> {
  const aliases = new Map([['process', 'process']])
  walk(program, node => {
    if (node.type !== 'ImportDeclaration') return undefined
    const builtin = builtinName(node.source)
    if (builtin === undefined || !clockMembers.has(builtin)) return undefined
    for (const specifier of node.specifiers) {
      if (specifier.type !== 'ImportSpecifier') aliases.set(specifier.local.name, builtin)
    }
    return undefined
  })
  return aliases
}

/**
 * Where a module reads a clock of this machine: `Date` (but for arithmetic on given instants), `performance`, `process.hrtime`,
 * `process.uptime`, `os.uptime`, `node:perf_hooks`, each under its own name or taken from an object whose parts cannot be followed.
 */
export function realClockUses(path: string, text: string): string[] {
  const uses: string[] = []
  const program = parse(path, text)
  const aliases = moduleAliases(program)

  /** What an expression is: a global by its name, however it is reached. */
  const identify = (node: Node): string | undefined => {
    if (node.type === 'Identifier') return aliases.get(node.name) ?? node.name
    if (node.type === 'MemberExpression' && isGlobalObject(node.object)) {
      return staticName(node.property, node.computed)
    }
    return undefined
  }
  const isGlobalObject = (node: Node): boolean => {
    const name = identify(node)
    return name !== undefined && globalObjects.has(name)
  }

  const check = (node: Node, parent: Node | undefined): string | undefined => {
    if (node.type === 'ImportSpecifier' && parent?.type === 'ImportDeclaration') {
      const builtin = builtinName(parent.source) ?? ''
      const name = staticName(node.imported, false)
      return clockMembers.get(builtin)?.has(name ?? '') ? `${name} of ${builtin}` : undefined
    }
    if (node.type === 'ImportDeclaration' || node.type === 'ImportExpression') {
      const builtin = builtinName(node.source) ?? ''
      const hidden = node.type === 'ImportExpression' && clockMembers.has(builtin)
      return clockBuiltins.has(builtin) || hidden ? `import of ${builtin}` : undefined
    }
    if ((node.type !== 'Identifier' && node.type !== 'MemberExpression') || isName(node, parent))
      return undefined

    const name = identify(node)
    if (name === undefined) return undefined
    const isMember = parent?.type === 'MemberExpression' && parent.object === node
    const member = isMember ? staticName(parent.property, parent.computed) : undefined
    if (name === 'Date') return isHarmlessDate(node, parent) ? undefined : 'Date'
    if (name === 'performance' || name === 'Temporal') return name
    const members = clockMembers.get(name)
    const followed = members !== undefined || surelyGlobal.has(name)
    if (!followed || isImportedName(parent)) return undefined
    if (member === undefined) return `${name} taken apart`
    return members?.has(member) ? `${name}.${member}` : undefined
  }

  walk(program, (node, parent) => {
    if (node.type.startsWith('TS') && !typescriptExpressions.has(node.type)) return false
    if (node.type === 'ExportNamedDeclaration' && (node.source !== null || node.exportKind === 'type'))
      return false
    const use = check(node, parent)
    if (use !== undefined) uses.push(`${path}:${lineAt(text, node.start)} ${use}`)
    return undefined
  })
  return uses
}

function isImportedName(parent: Node | undefined): boolean {
  return parent?.type === 'ImportDefaultSpecifier' || parent?.type === 'ImportNamespaceSpecifier'
}

/** The uses in all modules but those that may. */
export function realClockViolations(modules: readonly Module[]): string[] {
  return modules
    .filter(({ path }) => !clockModules.includes(path))
    .flatMap(({ path, text }) => {
      const uses = realClockUses(path, text)
      return path === scopeModule ? uses.filter(use => !use.endsWith(' globalThis taken apart')) : uses
    })
}
