import { getStaticValue } from '@eslint-community/eslint-utils'
import type { SourceCode } from 'eslint'
import type { Identifier, Node, ObjectExpression } from 'estree'
import { resolveImport } from './imports.ts'
import { libraries } from './libraries.ts'
import { isCall, isFunction, isNode, isWrapper, nameOf, parentOf, unwrap } from './syntax.ts'
import { functionOf, valueOfName, variableOf } from './values.ts'

/** A value that is written down, directly or in a name that is given nothing else; `undefined` when it cannot be told. */
export function constantOf(node: Node, source: SourceCode): { readonly value: unknown } | undefined {
  return getStaticValue(node, source.getScope(node)) ?? undefined
}

/**
 * The value of an option.
 *
 * @param options the argument that holds it
 * @returns `hidden` when it cannot be told whether it is there: options come from elsewhere, or are changed
 */
export function findOption(
  options: Node | undefined,
  wanted: string,
  source: SourceCode,
): Node | 'absent' | 'hidden' {
  if (options === undefined || isCallback(options, source)) return 'absent'
  const object = objectOf(options, source)
  if (object !== undefined) return findProperty(object, wanted, source)
  const constant = constantOf(options, source)
  return constant !== undefined && (constant.value ?? undefined) === undefined ? 'absent' : 'hidden'
}

/** A callback may take the options' place. */
function isCallback(options: Node, source: SourceCode): boolean {
  const node = unwrap(options)
  return isFunction(node) || (node.type === 'Identifier' && functionOf(node, source) !== undefined)
}

/** The object that is written there, or that a name stands for which nothing changes. */
export function objectOf(expression: Node, source: SourceCode): ObjectExpression | undefined {
  const node = unwrap(expression)
  if (node.type === 'ObjectExpression') return node
  if (node.type !== 'Identifier' || isExposed(node, source)) return undefined
  const { origin, path } = valueOfName(node, source) ?? {}
  if (typeof origin !== 'object' || path?.length !== 0) return undefined
  const value = unwrap(origin)
  return value.type === 'ObjectExpression' ? value : undefined
}

/** Objects that are spread into each other go round in circles. */
const maxDepth = 32

/** The value of a property; the last one counts, and a spread may hold any. */
export function findProperty(
  object: ObjectExpression,
  wanted: string,
  source: SourceCode,
  depth = 0,
): Node | 'absent' | 'hidden' {
  for (const property of object.properties.toReversed()) {
    if (property.type === 'SpreadElement') {
      const spread = depth < maxDepth ? objectOf(property.argument, source) : undefined
      const inner = spread ? findProperty(spread, wanted, source, depth + 1) : 'hidden'
      if (inner !== 'absent') return inner
      continue
    }
    const name = nameOf(property.key, property.computed)
    if (name === undefined) return 'hidden'
    if (name === wanted) return property.kind === 'init' ? property.value : 'hidden'
  }
  return 'absent'
}

/** Whether what a name stands for may be changed: by an assignment to a member, or by what it is given to. */
function isExposed(name: Identifier, source: SourceCode): boolean {
  const { references = [] } = variableOf(name, source) ?? {}
  return references.some(
    ({ identifier, init }) => !init && !(isNode(identifier) && isHarmless(identifier, source)),
  )
}

function isHarmless(use: Node, source: SourceCode): boolean {
  let node = use
  let parent = parentOf(node)
  while (parent !== undefined && isWrapper(parent)) {
    node = parent
    parent = parentOf(node)
  }
  if (parent === undefined) return false
  if (parent.type === 'SpreadElement' || parent.type === 'ExportSpecifier') return true
  if (parent.type === 'MemberExpression') return parent.object === node && isRead(parent)
  if (!isCall(parent) || parent.callee === node) return false
  // The libraries themselves leave their options and claims as they are.
  const imported = resolveImport(parent.callee, source)
  return imported !== undefined && libraries.has(imported.packageName)
}

function isRead(member: Node): boolean {
  const parent = parentOf(member)
  switch (parent?.type) {
    case 'AssignmentExpression':
      return parent.right === member
    case 'UpdateExpression':
      return false
    case 'UnaryExpression':
      return parent.operator !== 'delete'
    default:
      return !(parent !== undefined && isCall(parent) && parent.callee === member)
  }
}
