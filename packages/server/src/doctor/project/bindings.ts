import type { File, Function as FunctionNode, Node } from '@babel/types'
import { childrenOf, nameOf } from './syntax.ts'

/** What a name is given. */
export interface Value {
  /** An expression, or the name of a module. */
  readonly origin: Node | string
  /** What is taken of it: the names of members, from the outside. */
  readonly path: readonly string[]
  /** Where the expression stands. */
  readonly scope: Scope
}

interface Binding {
  readonly values: Value[]
  /** Whether it is also given what cannot be told: it is a parameter, a loop's variable, a function. */
  isOpaque: boolean
}

/** The names that are declared in one part of a file. */
export class Scope {
  readonly #parent: Scope | undefined
  readonly #isFunction: boolean
  readonly #bindings = new Map<string, Binding>()

  constructor(parent: Scope | undefined, isFunction: boolean) {
    this.#parent = parent
    this.#isFunction = isFunction
  }

  /** Where a `var` declares its names. */
  get functionScope(): Scope {
    return this.#isFunction || this.#parent === undefined ? this : this.#parent.functionScope
  }

  /** Declares a name that is given nothing yet. */
  declare(name: string): void {
    if (!this.#bindings.has(name)) this.#bindings.set(name, { values: [], isOpaque: false })
  }

  /** @param value `undefined` when it cannot be told */
  give(name: string, value: Value | undefined): void {
    const binding = this.#find(name)
    if (binding === undefined) return
    if (value === undefined) binding.isOpaque = true
    else binding.values.push(value)
  }

  isDeclared(name: string): boolean {
    return this.#find(name) !== undefined
  }

  /** The only value that a name is ever given; `undefined` when there are several, or it cannot be told. */
  valueOf(name: string): Value | undefined {
    const { values = [], isOpaque = true } = this.#find(name) ?? {}
    return isOpaque || values.length > 1 ? undefined : values[0]
  }

  #find(name: string): Binding | undefined {
    const own = this.#bindings.get(name)
    return own !== undefined || this.#parent === undefined ? own : this.#parent.#find(name)
  }
}

/** The scope of each node that begins one; any other lies in its parent's. */
export type Scopes = ReadonlyMap<Node, Scope>

export function findScopes({ program }: File): Scopes {
  const scopes = new Map<Node, Scope>()
  const outermost = new Scope(undefined, true)
  // A name may be given a value above the line that declares it.
  visit(program, outermost, (node, outer) => {
    const scope = beginsScope(node) ? new Scope(outer, isFunction(node)) : outer
    if (scope !== outer) scopes.set(node, scope)
    declareNames(node, scope, outer)
    return scope
  })
  visit(program, outermost, (node, outer, parent) => {
    const scope = scopes.get(node) ?? outer
    giveValues(node, scope, parent)
    return scope
  })
  return scopes
}

function visit(
  node: Node,
  scope: Scope,
  enter: (node: Node, scope: Scope, parent: Node | undefined) => Scope,
  parent?: Node,
): void {
  const inner = enter(node, scope, parent)
  for (const child of childrenOf(node)) visit(child, inner, enter, node)
}

const blocks: ReadonlySet<string> = new Set([
  'Program',
  'BlockStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'CatchClause',
  'SwitchStatement',
  'StaticBlock',
  'TSModuleBlock',
])

function beginsScope(node: Node): boolean {
  return isFunction(node) || blocks.has(node.type)
}

const functions: ReadonlySet<string> = new Set<FunctionNode['type']>([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ObjectMethod',
  'ClassMethod',
  'ClassPrivateMethod',
])

export function isFunction(node: Node): node is FunctionNode {
  return functions.has(node.type)
}

/** @param outer the scope around the node's own */
function declareNames(node: Node, scope: Scope, outer: Scope): void {
  if (isFunction(node)) for (const param of node.params) declarePattern(param, scope)
  switch (node.type) {
    case 'ImportDeclaration':
      for (const { local } of node.specifiers) scope.declare(local.name)
      return
    case 'TSImportEqualsDeclaration':
      scope.declare(node.id.name)
      return
    case 'VariableDeclaration':
      for (const { id } of node.declarations) {
        declarePattern(id, node.kind === 'var' ? scope.functionScope : scope)
      }
      return
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
    case 'TSEnumDeclaration':
      if (node.id) declareOpaque(node.id.name, outer)
      return
    case 'FunctionExpression':
      if (node.id) declareOpaque(node.id.name, scope)
      return
    case 'CatchClause':
      if (node.param) declarePattern(node.param, scope)
      return
  }
}

function declarePattern(pattern: Node, scope: Scope): void {
  for (const { name } of namesIn(pattern)) scope.declare(name)
}

function declareOpaque(name: string, scope: Scope): void {
  scope.declare(name)
  scope.give(name, undefined)
}

function giveValues(node: Node, scope: Scope, parent: Node | undefined): void {
  if (isFunction(node)) giveParameters(node, scope, parent)
  switch (node.type) {
    case 'ImportDeclaration':
      for (const specifier of node.specifiers) {
        const path =
          specifier.type === 'ImportNamespaceSpecifier'
            ? []
            : specifier.type === 'ImportDefaultSpecifier'
              ? ['default']
              : [nameOf(specifier.imported, false) ?? '']
        scope.give(specifier.local.name, { origin: node.source.value, path, scope })
      }
      return
    case 'TSImportEqualsDeclaration':
      if (node.moduleReference.type === 'TSExternalModuleReference') {
        scope.give(node.id.name, { origin: node.moduleReference.expression.value, path: [], scope })
      } else {
        scope.give(node.id.name, undefined)
      }
      return
    case 'VariableDeclarator':
      if (node.init) givePattern(node.id, node.init, scope)
      return
    case 'AssignmentExpression':
      givePattern(node.left, node.operator === '=' ? node.right : undefined, scope)
      return
    case 'UpdateExpression':
      givePattern(node.argument, undefined, scope)
      return
    case 'ForInStatement':
    case 'ForOfStatement': {
      const targets = node.left.type === 'VariableDeclaration' ? node.left.declarations : [node.left]
      for (const target of targets) {
        givePattern(target.type === 'VariableDeclarator' ? target.id : target, undefined, scope)
      }
      return
    }
    case 'CatchClause':
      if (node.param) givePattern(node.param, undefined, scope)
      return
  }
}

/** What calls a function knows its parameters; of `import('jose').then(jose => ...)` it is known here too. */
function giveParameters(node: FunctionNode, scope: Scope, parent: Node | undefined): void {
  const [first, ...others] = node.params
  const isContinuation =
    parent?.type === 'CallExpression' &&
    parent.arguments[0] === node &&
    parent.callee.type === 'MemberExpression' &&
    nameOf(parent.callee.property, parent.callee.computed) === 'then'
  const awaited =
    isContinuation && parent.callee.type === 'MemberExpression' ? parent.callee.object : undefined
  if (first !== undefined) givePattern(first, awaited, scope)
  for (const other of others) givePattern(other, undefined, scope)
}

function givePattern(pattern: Node, origin: Node | undefined, scope: Scope): void {
  for (const { name, path } of namesIn(pattern)) {
    scope.give(name, origin === undefined || path === undefined ? undefined : { origin, path, scope })
  }
}

interface PatternName {
  readonly name: string
  /** The members that lead to its value; `undefined` when that cannot be told. */
  readonly path: readonly string[] | undefined
}

function namesIn(pattern: Node, path: readonly string[] | undefined = []): readonly PatternName[] {
  switch (pattern.type) {
    case 'Identifier':
      return [{ name: pattern.name, path }]
    case 'ObjectPattern':
      return pattern.properties.flatMap(property => {
        if (property.type === 'RestElement') return namesIn(property.argument, undefined)
        const key = nameOf(property.key, property.computed)
        return namesIn(property.value, key === undefined || path === undefined ? undefined : [...path, key])
      })
    case 'ArrayPattern':
      return pattern.elements.flatMap(element => (element === null ? [] : namesIn(element, undefined)))
    case 'AssignmentPattern':
      return namesIn(pattern.left, undefined)
    case 'RestElement':
      return namesIn(pattern.argument, undefined)
    case 'TSParameterProperty':
      return namesIn(pattern.parameter, undefined)
    default:
      return []
  }
}
