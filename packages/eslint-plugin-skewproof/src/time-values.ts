import type { SourceCode } from 'eslint'
import type {
  CallExpression,
  Function as FunctionNode,
  Identifier,
  MemberExpression,
  NewExpression,
  Node,
} from 'estree'
import { resolveImport } from './imports.ts'
import { calledName, isNode, nameOf, unwrap } from './syntax.ts'
import { functionOf, isGlobal, valueOfName } from './values.ts'

/** What a value that is calculated comes from. */
export interface TimeValue {
  /** This machine's wall clock. */
  readonly isNow: boolean
  /** When a token begins or ends. */
  readonly isClaim: boolean
  /** That it is a token's its name says, too: other things have an `exp` as well. */
  readonly isSurelyClaim: boolean
  /** Seconds are made of it, or milliseconds: what a token says of time is in seconds. */
  readonly isScaled: boolean
}

const claims: ReadonlySet<string> = new Set(['exp', 'nbf', 'iat', 'auth_time'])
const tokenName = /token|jwt|payload|claims|decoded|credential/i
/** Instants, not lifetimes. */
const expiryName = /expir(es|y|ation)(?!_?in)|not_?before/i

/** Functions of a library for dates that read the clock when they are given nothing. */
const dateLibraries: ReadonlyMap<string, readonly string[]> = new Map([
  ['dayjs', ['', 'utc']],
  ['moment', ['', 'utc']],
  ['moment-timezone', ['', 'utc', 'tz']],
  ['luxon', ['DateTime.now', 'DateTime.local', 'DateTime.utc']],
])

/** Their functions that take seconds, or give them. */
const scalers: ReadonlySet<string> = new Set([
  'unix',
  'fromSeconds',
  'toSeconds',
  'toUnixInteger',
  'fromUnixTime',
  'getUnixTime',
])

/** Looks at all that flows into a value: through arithmetic, dates, and names that are given nothing else. */
export function timeValue(expression: Node, source: SourceCode): TimeValue {
  const found = { isNow: false, isClaim: false, isSurelyClaim: false, isScaled: false }
  const seen = new Set<Node>()
  const waiting = [expression]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const node = unwrap(next)
    if (seen.has(node)) continue
    seen.add(node)
    if (readsClock(node, source)) {
      found.isNow = true
      continue
    }
    const claim = claimOf(node, source)
    found.isClaim ||= claim !== undefined
    found.isSurelyClaim ||= claim === 'sure'
    found.isScaled ||= scales(node)
    if (claim === undefined) waiting.push(...operandsOf(node, source))
  }
  return found
}

function readsClock(node: Node, source: SourceCode): boolean {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return false
  const callee = unwrap(node.callee)
  const isDateCall = node.arguments.length === 0 || node.type === 'CallExpression'
  if (callee.type === 'Identifier' && isDate(callee, source)) return isDateCall
  if (callee.type === 'MemberExpression' && isDate(unwrap(callee.object), source)) {
    return nameOf(callee.property, callee.computed) === 'now'
  }
  const { packageName = '', path = [] } = resolveImport(callee, source) ?? {}
  return node.arguments.length === 0 && (dateLibraries.get(packageName) ?? []).includes(path.join('.'))
}

function isDate(node: Node, source: SourceCode): boolean {
  return node.type === 'Identifier' && node.name === 'Date' && isGlobal(node, source)
}

function claimOf(node: Node, source: SourceCode): 'sure' | 'perhaps' | undefined {
  if (node.type === 'MemberExpression') return memberClaim(node)
  if (node.type !== 'Identifier') return undefined
  const { name } = node
  if (tokenName.test(name) && expiryName.test(name)) return 'sure'
  // A name by which the claim was taken out of an object.
  const { origin, path = [] } = valueOfName(node, source) ?? {}
  const taken = path.at(-1)
  if (taken !== undefined && claims.has(taken)) return isNode(origin) && isToken(origin) ? 'sure' : 'perhaps'
  return claims.has(name) && origin === undefined ? 'perhaps' : undefined
}

function memberClaim({ object, property, computed }: MemberExpression): 'sure' | 'perhaps' | undefined {
  const name = nameOf(property, computed) ?? ''
  const isTokens = isToken(object)
  if (claims.has(name)) return isTokens ? 'sure' : 'perhaps'
  return isTokens && expiryName.test(name) ? 'sure' : undefined
}

/** Whether the name of what a member is taken of says that it is a token. */
function isToken(object: Node): boolean {
  const node = unwrap(object)
  switch (node.type) {
    case 'Identifier':
      return tokenName.test(node.name)
    case 'MemberExpression':
      return tokenName.test(nameOf(node.property, node.computed) ?? '')
    case 'CallExpression':
      return /decode|verify/i.test(calledName(node) ?? '') || tokenName.test(calledName(node) ?? '')
    case 'AwaitExpression':
      return isToken(node.argument)
    default:
      return false
  }
}

function scales(node: Node): boolean {
  if (node.type === 'CallExpression') return scalers.has(calledName(node) ?? '')
  if (node.type !== 'BinaryExpression' || (node.operator !== '*' && node.operator !== '/')) return false
  return [node.left, node.right].some(side => side.type === 'Literal' && side.value === 1000)
}

/** What the value of an expression is calculated from. */
function operandsOf(node: Node, source: SourceCode): readonly Node[] {
  switch (node.type) {
    case 'BinaryExpression':
      return [node.left, node.right]
    case 'UnaryExpression':
      return [node.argument]
    // What stands after `??` and `||` is there for want of something better.
    case 'LogicalExpression':
      return [node.left]
    case 'Identifier':
      return givenTo(node, source)
    case 'CallExpression':
    case 'NewExpression':
      return argumentsOf(node, source)
    default:
      return []
  }
}

function givenTo(name: Identifier, source: SourceCode): readonly Node[] {
  const { origin, path } = valueOfName(name, source) ?? {}
  return isNode(origin) && path?.length === 0 ? [origin] : []
}

/** Functions that give a number or a date that was given to them, in another form. */
const conversions: ReadonlySet<string> = new Set([
  'Number',
  'BigInt',
  'String',
  'Date',
  'parseInt',
  'parseFloat',
  'floor',
  'ceil',
  'round',
  'trunc',
  'max',
  'min',
  'fromUnixTime',
  'getUnixTime',
  'unix',
  'fromSeconds',
  'fromMillis',
  'fromJSDate',
  'dayjs',
  'moment',
])

function argumentsOf(call: CallExpression | NewExpression, source: SourceCode): readonly Node[] {
  const callee = unwrap(call.callee)
  const object = callee.type === 'MemberExpression' ? [callee.object] : []
  if (conversions.has(calledName(call) ?? '')) return [...call.arguments, ...object]
  const declared = callee.type === 'Identifier' ? functionOf(callee, source) : undefined
  return declared ? resultOf(declared) : object
}

/** What a short function gives: one that is no more than an expression. */
function resultOf({ body }: FunctionNode): readonly Node[] {
  if (body.type !== 'BlockStatement') return [body]
  const [only, ...others] = body.body
  return only?.type === 'ReturnStatement' && only.argument && others.length === 0 ? [only.argument] : []
}
