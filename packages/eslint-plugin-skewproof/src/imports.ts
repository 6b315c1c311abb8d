import type { SourceCode } from 'eslint'
import type { CallExpression, Node } from 'estree'
import { calledName, nameOf, unwrap } from './syntax.ts'
import { isGlobal, type Value, valueOfName } from './values.ts'

/** Something that a package exports. */
export interface Imported {
  /** Without a path in it and, in Deno, without scheme and version. */
  readonly packageName: string
  /** Its name there, and the names of members from there on; without `default`. `()` is what a call gives. */
  readonly path: readonly string[]
}

/** Names that are given each other go round in circles. */
const maxDepth = 32

/** What an expression stands for, by whatever way it was imported; `undefined` when that is nothing imported. */
export function resolveImport(expression: Node, source: SourceCode, depth = 0): Imported | undefined {
  if (depth > maxDepth) return undefined
  const resolve = (inner: Node): Imported | undefined => resolveImport(inner, source, depth + 1)
  const node = unwrap(expression)
  switch (node.type) {
    case 'Identifier':
      return resolveValue(valueOfName(node, source), resolve)
    case 'MemberExpression': {
      const name = nameOf(node.property, node.computed)
      return name === undefined ? undefined : member(resolve(node.object), [name])
    }
    case 'AwaitExpression':
      return resolve(node.argument)
    case 'SequenceExpression': {
      const last = node.expressions.at(-1)
      return last && resolve(last)
    }
    case 'ImportExpression':
      return moduleNamed(node.source)
    case 'CallExpression':
      return resolveCall(node, source, resolve)
    default:
      return undefined
  }
}

function resolveValue(
  value: Value | undefined,
  resolve: (node: Node) => Imported | undefined,
): Imported | undefined {
  if (value === undefined) return undefined
  const { origin, path } = value
  return member(
    typeof origin === 'string' ? { packageName: packageOf(origin), path: [] } : resolve(origin),
    path,
  )
}

function member(imported: Imported | undefined, names: readonly string[]): Imported | undefined {
  // What a CommonJS module exports is also its default export.
  return imported && { ...imported, path: [...imported.path, ...names.filter(name => name !== 'default')] }
}

function resolveCall(
  call: CallExpression,
  source: SourceCode,
  resolve: (node: Node) => Imported | undefined,
): Imported | undefined {
  const [first] = call.arguments
  const callee = unwrap(call.callee)
  if (callee.type === 'Identifier' && callee.name === 'require') {
    const isRequire = isGlobal(callee, source) || isCreated(valueOfName(callee, source))
    return isRequire && first ? moduleNamed(first) : undefined
  }
  // Both give the function that they were given.
  const name = calledName(call)
  if (name === 'promisify' && first) return resolve(first)
  if (name === 'bind' && callee.type === 'MemberExpression' && call.arguments.length <= 1) {
    return resolve(callee.object)
  }
  return member(resolve(callee), ['()'])
}

/** ECMAScript modules make a `require` by `createRequire`. */
function isCreated(value: Value | undefined): boolean {
  const origin = value?.origin
  return (
    typeof origin === 'object' && origin.type === 'CallExpression' && calledName(origin) === 'createRequire'
  )
}

function moduleNamed(name: Node): Imported | undefined {
  return name.type === 'Literal' && typeof name.value === 'string'
    ? { packageName: packageOf(name.value), path: [] }
    : undefined
}

function packageOf(module: string): string {
  return /^(?:npm:)?(?<name>(?:@[^/]+\/)?[^/@]+)/.exec(module)?.groups?.['name'] ?? module
}
