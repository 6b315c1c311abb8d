import type { Rule, SourceCode } from 'eslint'
import type { CallExpression, NewExpression, Node, ObjectExpression, Property } from 'estree'
import { signingOf } from '../calls.ts'
import { fixSetter, fixSigning, type LifetimeFix } from '../lifetime-fix.ts'
import { findProperty, objectOf } from '../options.ts'
import { defineRule } from '../rule.ts'
import { calledName, nameOf, unwrap } from '../syntax.ts'
import { timeValue } from '../time-values.ts'

/** Claims beside which an `exp` is that of a token. */
const otherClaims: readonly string[] = ['sub', 'iss', 'aud', 'iat', 'nbf', 'jti', 'scope', 'azp', 'client_id']

/** An `exp` that is calculated by hand comes from another reading of the clock than the rest, or from another unit. */
export const noAbsoluteExp: Rule.RuleModule = defineRule({
  name: 'no-absolute-exp',
  description: "Disallow an `exp` that is calculated from this machine's clock",
  messages: {
    lifetime: "This `exp` is calculated from this machine's clock. Give a lifetime instead: {{lifetime}}.",
    claims:
      "This `exp` is calculated from this machine's clock. Give the library that signs a lifetime instead, as `expiresIn`.",
    suggestion: 'Give a lifetime instead.',
  },
  fixable: 'code',
  hasSuggestions: true,
  create(context) {
    const source = context.sourceCode
    const reported = new Set<Node>()

    function report(node: Node, messageId: string, lifetime: string, fix?: LifetimeFix): void {
      if (reported.has(node)) return
      reported.add(node)
      const suggest = fix && !fix.isCertain ? [{ messageId: 'suggestion', fix: fix.apply }] : []
      context.report({
        node,
        messageId,
        data: { lifetime },
        fix: fix?.isCertain ? fix.apply : null,
        suggest,
      })
    }

    function checkCall(call: CallExpression | NewExpression): void {
      const [first] = call.arguments
      if (first && isSetter(call) && comesFromNow(first, source)) {
        report(first, 'lifetime', "`setExpirationTime('15m')`", fixSetter(first, source))
      }
      const signing = signingOf(call, source)
      if (signing === undefined) return
      const claims = objectOf(signing.claims, source)
      const exp = claims && expiryIn(claims, source)
      if (exp === undefined) return
      // The claims may have a name, by which others use them too.
      const isWrittenHere = unwrap(signing.claims) === claims
      const fix = isWrittenHere ? fixSigning(signing.name, call, claims, exp, source) : undefined
      report(exp, 'lifetime', signing.traits.lifetime, fix)
    }

    return {
      CallExpression: checkCall,
      NewExpression: checkCall,
      'ObjectExpression:exit'(object: ObjectExpression) {
        const isClaims = otherClaims.some(claim => typeof findProperty(object, claim, source) === 'object')
        const exp = isClaims ? expiryIn(object, source) : undefined
        if (exp) report(exp, 'claims', '')
      },
    }
  },
})

function isSetter(call: CallExpression | NewExpression): boolean {
  return call.callee.type === 'MemberExpression' && calledName(call) === 'setExpirationTime'
}

function expiryIn(claims: ObjectExpression, source: SourceCode): Property | undefined {
  return claims.properties.find(
    (property): property is Property =>
      property.type === 'Property' &&
      nameOf(property.key, property.computed) === 'exp' &&
      comesFromNow(property.value, source),
  )
}

/** What lies before now is no lifetime: a test makes an expired token so. */
function comesFromNow(expression: Node, source: SourceCode): boolean {
  const node = unwrap(expression)
  const isEarlier = node.type === 'BinaryExpression' && node.operator === '-'
  return !isEarlier && timeValue(node, source).isNow
}
