import type { Rule, SourceCode } from 'eslint'
import type { BinaryExpression, CallExpression, NewExpression, Node } from 'estree'
import { signingOf, verificationOf } from '../calls.ts'
import { findOption } from '../options.ts'
import { defineRule } from '../rule.ts'
import { calledName, unwrap } from '../syntax.ts'
import { type TimeValue, timeValue } from '../time-values.ts'

const comparisons: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', '-'])

/** Functions of the libraries for dates that compare two instants. */
const comparers: ReadonlySet<string> = new Set([
  'isBefore',
  'isAfter',
  'isSameOrBefore',
  'isSameOrAfter',
  'diff',
  'compareAsc',
  'compareDesc',
  'differenceInSeconds',
  'differenceInMilliseconds',
])

/** Whoever reads the wall clock to judge a token judges by a clock that may be wrong, and tolerates nothing. */
export const noDateNowInTokenLogic: Rule.RuleModule = defineRule({
  name: 'no-date-now-in-token-logic',
  description: "Disallow judging the time of a token by this machine's clock",
  messages: {
    compared:
      "This judges a token by this machine's clock, which may be wrong. On a server let the library verify it, with a tolerance; in a client count `expires_in` from when the token came, or use skewproof/client.",
    signed:
      "`{{claim}}` is this machine's clock, read beside the library's own reading. Leave it to the library that signs.",
    given:
      '`{{option}}` is what the library reads by itself. Leave it out, or give it a clock that knows how wrong it is.',
  },
  create(context) {
    const source = context.sourceCode

    function checkComparison(node: Node, one: Node, other: Node): void {
      const left = timeValue(one, source)
      const right = timeValue(other, source)
      if (judges(left, right) || judges(right, left)) context.report({ node, messageId: 'compared' })
    }

    function checkCall(call: CallExpression | NewExpression): void {
      for (const [one, other] of comparedBy(call)) checkComparison(call, one, other)

      const signing = signingOf(call, source)
      for (const claim of ['iat', 'nbf']) {
        const value = signing && findOption(signing.claims, claim, source)
        if (isNow(value, source)) context.report({ node: value, messageId: 'signed', data: { claim } })
      }
      const setter = setters.get(calledName(call) ?? '')
      const [first] = call.arguments
      if (setter && isNow(first, source)) {
        context.report({ node: first, messageId: 'signed', data: { claim: setter } })
      }

      const verification = verificationOf(call, source)
      const option = verification?.traits.timeOption ?? ''
      const given = verification && findOption(verification.options, option, source)
      if (isNow(given, source)) context.report({ node: given, messageId: 'given', data: { option } })
    }

    return {
      BinaryExpression(node: BinaryExpression) {
        if (comparisons.has(node.operator)) checkComparison(node, node.left, node.right)
      },
      CallExpression: checkCall,
      NewExpression: checkCall,
    }
  },
})

/** jose's, of SignJWT. */
const setters: ReadonlyMap<string, string> = new Map([
  ['setIssuedAt', 'iat'],
  ['setNotBefore', 'nbf'],
])

function judges(now: TimeValue, claim: TimeValue): boolean {
  if (!now.isNow || !claim.isClaim || claim.isNow) return false
  // Without seconds in it, an `exp` may be that of a cache.
  return claim.isSurelyClaim || now.isScaled || claim.isScaled
}

/** A method compares its object with its first argument, a function its two arguments. */
function comparedBy(call: CallExpression | NewExpression): readonly (readonly [Node, Node])[] {
  if (!comparers.has(calledName(call) ?? '')) return []
  const callee = unwrap(call.callee)
  const [first, second] = call.arguments
  if (first === undefined) return []
  return [
    ...(callee.type === 'MemberExpression' ? [[callee.object, first] as const] : []),
    ...(second ? [[first, second] as const] : []),
  ]
}

/** A time somewhat before now allows for clocks that differ, and is left alone. */
function isNow(value: Node | string | undefined, source: SourceCode): value is Node {
  if (typeof value !== 'object') return false
  const node = unwrap(value)
  const isEarlier = node.type === 'BinaryExpression' && node.operator === '-'
  return !isEarlier && timeValue(node, source).isNow
}
