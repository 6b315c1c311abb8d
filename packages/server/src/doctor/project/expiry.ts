import type { Node, ObjectExpression } from '@babel/types'
import { isFunction, type Scope } from './bindings.ts'
import { resolveImport } from './resolve.ts'
import { childrenOf, nameOf } from './syntax.ts'
import { findProperty, packageOf } from './verification.ts'

/** Claims beside which an `exp` is that of a token. */
const otherClaims: readonly string[] = ['sub', 'iss', 'aud', 'iat', 'nbf', 'jti', 'scope', 'azp', 'client_id']

/** Packages whose functions read the clock. */
const datePackages: readonly string[] = ['dayjs', 'moment', 'moment-timezone', 'luxon']

/** Names go round in circles; expressions are searched no deeper than people write them. */
const maxDepth = 64

/** The `exp` of claims, when it is calculated from this machine's clock. */
export function findHandMadeExpiry(
  object: ObjectExpression,
  isPayload: boolean,
  scope: Scope,
): Node | undefined {
  const isClaims = isPayload || otherClaims.some(claim => typeof findProperty(object, claim) === 'object')
  if (!isClaims) return undefined
  return object.properties.find(
    property =>
      property.type === 'ObjectProperty' &&
      nameOf(property.key, property.computed) === 'exp' &&
      readsWallClock(property.value, scope),
  )
}

/** Whether an expression reads the wall clock, itself or by the names in it. */
export function readsWallClock(node: Node, scope: Scope, depth = 0): boolean {
  if (depth > maxDepth || isFunction(node)) return false
  if (isClockCall(node, scope)) return true
  if (node.type === 'Identifier') {
    const value = scope.valueOf(node.name)
    return (
      value !== undefined &&
      typeof value.origin !== 'string' &&
      readsWallClock(value.origin, value.scope, depth + 1)
    )
  }
  return childrenOf(node).some(child => readsWallClock(child, scope, depth + 1))
}

function isClockCall(node: Node, scope: Scope): boolean {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return false
  const { callee } = node
  const imported = resolveImport(callee, scope)
  if (imported !== undefined) return datePackages.includes(packageOf(imported.module))
  const named = callee.type === 'MemberExpression' ? callee.object : callee
  const isDate = named.type === 'Identifier' && named.name === 'Date' && !scope.isDeclared('Date')
  if (!isDate) return false
  if (callee.type === 'MemberExpression') return nameOf(callee.property, callee.computed) === 'now'
  // `new Date(text)` is an instant that was given.
  return node.arguments.length === 0 || node.type === 'CallExpression'
}
