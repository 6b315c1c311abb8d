import type { Node } from '@babel/types'
import type { Scope, Value } from './bindings.ts'
import { nameOf, unwrap } from './syntax.ts'

/** Something that a module exports. */
export interface Imported {
  readonly module: string
  /** Its name there, and the names of members from there on; without `default`. */
  readonly path: readonly string[]
}

/** Names that are given each other go round in circles. */
const maxDepth = 32

/** What an expression stands for, by whatever way it was imported; `undefined` when that is nothing imported. */
export function resolveImport(expression: Node, scope: Scope, depth = 0): Imported | undefined {
  if (depth > maxDepth) return undefined
  const resolve = (node: Node): Imported | undefined => resolveImport(node, scope, depth + 1)
  const node = unwrap(expression)
  switch (node.type) {
    case 'Identifier':
      return resolveValue(scope.valueOf(node.name), depth)
    case 'MemberExpression':
    case 'OptionalMemberExpression': {
      const name = nameOf(node.property, node.computed)
      return name === undefined ? undefined : member(resolve(node.object), [name])
    }
    case 'AwaitExpression':
      return resolve(node.argument)
    case 'SequenceExpression': {
      const last = node.expressions.at(-1)
      return last === undefined ? undefined : resolve(last)
    }
    case 'ImportExpression':
      return node.source.type === 'StringLiteral' ? { module: node.source.value, path: [] } : undefined
    case 'CallExpression':
    case 'OptionalCallExpression':
      return resolveCall(node.callee, node.arguments, scope, depth)
    default:
      return undefined
  }
}

function resolveValue(value: Value | undefined, depth: number): Imported | undefined {
  if (value === undefined) return undefined
  const { origin, path, scope } = value
  if (typeof origin === 'string') return member({ module: origin, path: [] }, path)
  return member(resolveImport(origin, scope, depth + 1), path)
}

function member(imported: Imported | undefined, names: readonly string[]): Imported | undefined {
  if (imported === undefined) return undefined
  // What a CommonJS module exports is also its default export.
  return { ...imported, path: [...imported.path, ...names.filter(name => name !== 'default')] }
}

/** Calls that give back a module, or the function that they were given. */
function resolveCall(callee: Node, args: readonly Node[], scope: Scope, depth: number): Imported | undefined {
  const [first] = args
  const resolve = (node: Node): Imported | undefined => resolveImport(node, scope, depth + 1)
  if (callee.type === 'Identifier' && callee.name === 'require' && isRequire(scope)) {
    return first?.type === 'StringLiteral' ? { module: first.value, path: [] } : undefined
  }
  const isMember = callee.type === 'MemberExpression'
  const name = isMember ? nameOf(callee.property, callee.computed) : nameOf(callee, false)
  if (name === 'promisify' && first !== undefined) return resolve(first)
  if (name === 'bind' && isMember && args.length <= 1) return resolve(callee.object)
  return undefined
}

/** CommonJS declares it nowhere; ECMAScript modules make one by `createRequire`. */
function isRequire(scope: Scope): boolean {
  if (!scope.isDeclared('require')) return true
  const origin = scope.valueOf('require')?.origin
  if (origin === undefined || typeof origin === 'string' || origin.type !== 'CallExpression') return false
  const { callee } = origin
  const name =
    callee.type === 'MemberExpression' ? nameOf(callee.property, callee.computed) : nameOf(callee, false)
  return name === 'createRequire'
}

/** A value that is written down, directly or in a name that is given nothing else; `undefined` when it cannot be told. */
export function constantOf(
  expression: Node,
  scope: Scope,
  depth = 0,
): { readonly value: unknown } | undefined {
  if (depth > maxDepth) return undefined
  const node = unwrap(expression)
  switch (node.type) {
    case 'NumericLiteral':
    case 'StringLiteral':
    case 'BooleanLiteral':
      return { value: node.value }
    case 'NullLiteral':
      return { value: null }
    case 'TemplateLiteral':
      return node.expressions.length === 0 ? { value: node.quasis[0]?.value.cooked } : undefined
    case 'UnaryExpression':
      return negated(node.operator, constantOf(node.argument, scope, depth + 1)?.value)
    case 'BinaryExpression':
      return calculated(
        node.operator,
        constantOf(node.left, scope, depth + 1)?.value,
        constantOf(node.right, scope, depth + 1)?.value,
      )
    case 'Identifier': {
      if (node.name === 'undefined' && !scope.isDeclared('undefined')) return { value: undefined }
      const value = scope.valueOf(node.name)
      if (value === undefined || typeof value.origin === 'string' || value.path.length > 0) return undefined
      return constantOf(value.origin, value.scope, depth + 1)
    }
    default:
      return undefined
  }
}

function negated(operator: string, value: unknown): { readonly value: number } | undefined {
  return operator === '-' && typeof value === 'number' ? { value: -value } : undefined
}

function calculated(operator: string, left: unknown, right: unknown): { readonly value: number } | undefined {
  if (typeof left !== 'number' || typeof right !== 'number') return undefined
  switch (operator) {
    case '+':
      return { value: left + right }
    case '-':
      return { value: left - right }
    case '*':
      return { value: left * right }
    case '/':
      return { value: left / right }
    default:
      return undefined
  }
}
