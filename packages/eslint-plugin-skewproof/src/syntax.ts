import type { CallExpression, Function as FunctionNode, NewExpression, Node, PrivateIdentifier } from 'estree'

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

/** The node that a parser found this one in. */
export function parentOf(node: Node): Node | undefined {
  const parent: unknown = Reflect.get(node, 'parent')
  return isNode(parent) ? parent : undefined
}

/** What wraps an expression and leaves its value as it is: the last ones are TypeScript's. */
const wrappers: ReadonlySet<string> = new Set([
  'ChainExpression',
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
])

export function isWrapper(node: Node): boolean {
  return wrappers.has(node.type)
}

/** The expression within types, assertions and optional chains. */
export function unwrap(node: Node): Node {
  const inner: unknown = isWrapper(node) ? Reflect.get(node, 'expression') : undefined
  return isNode(inner) ? unwrap(inner) : node
}

const functions: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
])

export function isFunction(node: Node): node is FunctionNode {
  return functions.has(node.type)
}

export function isCall(node: Node): node is CallExpression | NewExpression {
  return node.type === 'CallExpression' || node.type === 'NewExpression'
}

/** A property's or a member's name, when it is written down. */
export function nameOf(key: Node | PrivateIdentifier, computed: boolean): string | undefined {
  if (key.type === 'Literal') return typeof key.value === 'string' ? key.value : undefined
  return key.type === 'Identifier' && !computed ? key.name : undefined
}

/** The name that is called: of a function, or of a method. */
export function calledName({ callee }: CallExpression | NewExpression): string | undefined {
  const called = unwrap(callee)
  return called.type === 'MemberExpression' ? nameOf(called.property, called.computed) : nameOf(called, false)
}
