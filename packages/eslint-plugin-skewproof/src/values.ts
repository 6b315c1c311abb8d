import { findVariable } from '@eslint-community/eslint-utils'
import type { Scope, SourceCode } from 'eslint'
import type { Function as FunctionNode, Identifier, Node } from 'estree'
import { isFunction, isNode, nameOf, parentOf, unwrap } from './syntax.ts'

/** What a name is given. */
export interface Value {
  /** An expression, or the name of a module. */
  readonly origin: Node | string
  /** What is taken of it: the names of members, from the outside. */
  readonly path: readonly string[]
}

export function variableOf(name: Identifier, source: SourceCode): Scope.Variable | undefined {
  return findVariable(source.getScope(name), name) ?? undefined
}

/** Whether a name is the global of that name, and not something declared in the file. */
export function isGlobal(name: Identifier, source: SourceCode): boolean {
  return (variableOf(name, source)?.defs ?? []).length === 0
}

/** The only value that a name is ever given; `undefined` when there are several, or it cannot be told. */
export function valueOfName(name: Identifier, source: SourceCode): Value | undefined {
  const { defs = [], references = [] } = variableOf(name, source) ?? {}
  const [definition, ...others] = defs
  if (definition === undefined || others.length > 0) return undefined
  const writes = references.filter(reference => reference.isWrite()).map(({ identifier }) => identifier)
  switch (definition.type) {
    case 'ImportBinding':
      return importedValue(definition.node, definition.parent ?? undefined)
    case 'Variable':
      return writes.length === 1 && isNode(writes[0]) ? givenValue(writes[0]) : undefined
    case 'Parameter':
      return writes.length === 0 ? givenValue(definition.name) : undefined
    default:
      return undefined
  }
}

/** The function that a name stands for, when the file declares it. */
export function functionOf(name: Identifier, source: SourceCode): FunctionNode | undefined {
  const [definition, ...others] = variableOf(name, source)?.defs ?? []
  if (definition?.type === 'FunctionName' && others.length === 0) {
    return isFunction(definition.node) ? definition.node : undefined
  }
  const { origin, path } = valueOfName(name, source) ?? {}
  if (!isNode(origin) || path?.length !== 0) return undefined
  const value = unwrap(origin)
  return isFunction(value) ? value : undefined
}

function importedValue(specifier: Node, declaration: Node | undefined): Value | undefined {
  if (declaration?.type !== 'ImportDeclaration') return importedByRequire(specifier)
  const origin = String(declaration.source.value)
  switch (specifier.type) {
    case 'ImportNamespaceSpecifier':
      return { origin, path: [] }
    case 'ImportDefaultSpecifier':
      return { origin, path: ['default'] }
    case 'ImportSpecifier':
      return { origin, path: [nameOf(specifier.imported, false) ?? ''] }
    default:
      return undefined
  }
}

/** TypeScript's `import a = require('b')`. */
function importedByRequire(declaration: Node): Value | undefined {
  const reference: unknown = Reflect.get(declaration, 'moduleReference')
  const expression: unknown = isNode(reference) ? Reflect.get(reference, 'expression') : undefined
  return isNode(expression) && expression.type === 'Literal'
    ? { origin: String(expression.value), path: [] }
    : undefined
}

/** @param name where it is given its value: within a pattern, or alone */
function givenValue(name: Node): Value | undefined {
  const path: string[] = []
  let pattern = name
  let holder = parentOf(pattern)
  while (holder?.type === 'Property') {
    const key = nameOf(holder.key, holder.computed)
    const outer = parentOf(holder)
    if (key === undefined || outer === undefined) return undefined
    path.unshift(key)
    pattern = outer
    holder = parentOf(outer)
  }
  const origin = holder && givenTo(pattern, holder)
  return origin && { origin, path }
}

function givenTo(pattern: Node, holder: Node): Node | undefined {
  if (holder.type === 'VariableDeclarator')
    return holder.id === pattern ? (holder.init ?? undefined) : undefined
  if (holder.type === 'AssignmentExpression') {
    return holder.left === pattern && holder.operator === '=' ? holder.right : undefined
  }
  if (!isFunction(holder) || holder.params[0] !== pattern) return undefined
  // What calls a function knows its parameters; of `import('jose').then(jose => ...)` it is known here too.
  const call = parentOf(holder)
  if (call?.type !== 'CallExpression' || call.arguments[0] !== holder) return undefined
  const { callee } = call
  return callee.type === 'MemberExpression' && nameOf(callee.property, callee.computed) === 'then'
    ? callee.object
    : undefined
}
