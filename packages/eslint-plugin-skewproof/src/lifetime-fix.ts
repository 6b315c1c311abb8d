import type { Rule, SourceCode } from 'eslint'
import type { CallExpression, NewExpression, Node, ObjectExpression, Property } from 'estree'
import { constantOf, findProperty } from './options.ts'
import { formatSeconds } from './spans.ts'
import { calledName, unwrap } from './syntax.ts'
import { timeValue } from './time-values.ts'

/** A lifetime in the place of an instant. */
export interface LifetimeFix {
  apply(fixer: Rule.RuleFixer): Rule.Fix[]
  /** Whether the token stays as it was: else somebody has to look at it. */
  readonly isCertain: boolean
}

/** What is added to the present: an expression, and its value where that is written down. */
interface Lifetime {
  readonly text: string
  /** Whole and positive. */
  readonly seconds: number | undefined
}

/** jose's `setExpirationTime(...)`. */
export function fixSetter(argument: Node, source: SourceCode): LifetimeFix | undefined {
  const lifetime = lifetimeOf(argument, source)
  if (lifetime === undefined) return undefined
  return {
    isCertain: lifetime.seconds !== undefined,
    apply: fixer => [fixer.replaceText(argument, spanText(lifetime))],
  }
}

/** Claims that are written where they are signed. */
export function fixSigning(
  library: string,
  call: CallExpression | NewExpression,
  claims: ObjectExpression,
  exp: Property,
  source: SourceCode,
): LifetimeFix | undefined {
  const lifetime = lifetimeOf(exp.value, source)
  if (lifetime === undefined || hasComments(exp, source)) return undefined
  const add =
    library === 'jsonwebtoken'
      ? optionFor(call, lifetime, source)
      : library === 'jose'
        ? setterFor(call, lifetime)
        : undefined
  if (add === undefined) return undefined
  // A lifetime counts from `iat`, and what is spread may hold one, or an `exp`.
  const isPlain = findProperty(claims, 'iat', source) === 'absent'
  return {
    isCertain: isPlain && lifetime.seconds !== undefined,
    apply: fixer => [removeProperty(fixer, claims, exp, source), add(fixer)],
  }
}

type Add = (fixer: Rule.RuleFixer) => Rule.Fix

function optionFor(
  call: CallExpression | NewExpression,
  { text }: Lifetime,
  source: SourceCode,
): Add | undefined {
  const [, key, third] = call.arguments
  if (key === undefined || key.type === 'SpreadElement') return undefined
  // Within the parentheses around a key, what follows it would take its place.
  const next = source.getTokenAfter(key)
  if (next?.value === ')' && next !== source.getLastToken(call)) return undefined
  const option = `expiresIn: ${text}`
  if (third === undefined) return fixer => fixer.insertTextAfter(key, `, { ${option} }`)
  const options = unwrap(third)
  if (options.type === 'ArrowFunctionExpression' || options.type === 'FunctionExpression') {
    return fixer => fixer.insertTextAfter(key, `, { ${option} }`)
  }
  if (options.type === 'ObjectExpression' && findProperty(options, 'expiresIn', source) !== 'absent') {
    return undefined
  }
  const last = options.type === 'ObjectExpression' ? options.properties.at(-1) : undefined
  if (last) return fixer => fixer.insertTextAfter(last, `, ${option}`)
  return options.type === 'ObjectExpression'
    ? fixer => fixer.replaceText(options, `{ ${option} }`)
    : undefined
}

function setterFor(call: CallExpression | NewExpression, lifetime: Lifetime): Add {
  return fixer => fixer.insertTextAfter(call, `.setExpirationTime(${spanText(lifetime)})`)
}

/** As jose reads it: a string, for a number would be an instant. */
function spanText({ text, seconds }: Lifetime): string {
  return seconds === undefined ? `\`\${${text}} seconds\`` : `'${formatSeconds(seconds)}'`
}

function removeProperty(
  fixer: Rule.RuleFixer,
  claims: ObjectExpression,
  property: Property,
  source: SourceCode,
): Rule.Fix {
  const [start, end] = source.getRange(property)
  const after = source.getTokenAfter(property)
  const before = source.getTokenBefore(property)
  if (claims.properties.length === 1) return fixer.replaceText(claims, '{}')
  // The next property takes its place; the last one takes the comma before it along.
  if (claims.properties.at(-1) !== property && after) {
    const next = source.getTokenAfter(after)
    return fixer.removeRange([start, next ? source.getRange(next)[0] : end])
  }
  return fixer.removeRange([before ? source.getRange(before)[0] : start, end])
}

/** What would be lost. */
function hasComments(property: Property, source: SourceCode): boolean {
  const [before, after] = [source.getTokenBefore(property), source.getTokenAfter(property)]
  return before !== null && after !== null && source.commentsExistBetween(before, after)
}

/** The lifetime in an expression such as `Math.floor(Date.now() / 1000) + 3600`. */
function lifetimeOf(expression: Node, source: SourceCode): Lifetime | undefined {
  const node = unrounded(expression)
  if (node.type === 'NewExpression' && node.arguments.length === 1 && node.arguments[0]) {
    return millisecondsAfterNow(unwrap(node.arguments[0]), source)
  }
  if (node.type !== 'BinaryExpression') return undefined
  if (node.operator === '/' && isThousand(node.right)) return millisecondsAfterNow(unwrap(node.left), source)
  const added = node.operator === '+' ? addedTo(isNowInSeconds, node, source) : undefined
  return added && { text: source.getText(added), seconds: wholeSeconds(constantOf(added, source)?.value) }
}

/** `Date.now() + 3600_000`, which is known only when it is written down. */
function millisecondsAfterNow(node: Node, source: SourceCode): Lifetime | undefined {
  const added = addedTo(isNowInMilliseconds, node, source)
  const ms = added && constantOf(added, source)?.value
  const seconds = wholeSeconds(typeof ms === 'number' ? ms / 1000 : undefined)
  return seconds === undefined ? undefined : { text: `${seconds}`, seconds }
}

function addedTo(
  isNow: (node: Node, source: SourceCode) => boolean,
  sum: Node,
  source: SourceCode,
): Node | undefined {
  if (sum.type !== 'BinaryExpression' || sum.operator !== '+') return undefined
  const { left, right } = sum
  const [now, added] = isNow(left, source) ? [left, right] : [right, left]
  return isNow(now, source) && !timeValue(added, source).isNow ? added : undefined
}

function isNowInSeconds(expression: Node, source: SourceCode): boolean {
  const node = unrounded(expression)
  return (
    node.type === 'BinaryExpression' &&
    node.operator === '/' &&
    isThousand(node.right) &&
    isNowInMilliseconds(node.left, source)
  )
}

function isNowInMilliseconds(expression: Node, source: SourceCode): boolean {
  const node = unwrap(expression)
  const isPlain = node.type === 'CallExpression' || node.type === 'UnaryExpression'
  return isPlain && timeValue(node, source).isNow
}

function isThousand(node: Node): boolean {
  return node.type === 'Literal' && node.value === 1000
}

const roundings: ReadonlySet<string> = new Set(['floor', 'round', 'ceil', 'trunc', 'parseInt', 'Number'])

/** The expression that is rounded to a whole number, by whatever way. */
function unrounded(expression: Node): Node {
  const node = unwrap(expression)
  if (node.type === 'CallExpression' && roundings.has(calledName(node) ?? '') && node.arguments[0]) {
    return unrounded(node.arguments[0])
  }
  if (node.type === 'BinaryExpression' && node.operator === '|') return unrounded(node.left)
  if (node.type === 'UnaryExpression' && node.operator === '~' && node.argument.type === 'UnaryExpression') {
    return unrounded(node.argument.argument)
  }
  return node
}

function wholeSeconds(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined
}
