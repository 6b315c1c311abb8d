import type { Rule, SourceCode } from 'eslint'
import type { CallExpression, NewExpression, Node } from 'estree'
import { isSwitchedOn, type Tolerance, toleranceOf, type Verification, verificationOf } from '../calls.ts'
import { defineRule } from '../rule.ts'
import { unwrap } from '../syntax.ts'

/** Less than this many milliseconds is a number of seconds in a library that counts milliseconds. */
const leastMs = 1000

const advisedSeconds = 30

/** A verification without tolerance refuses tokens of an issuer whose clock is a second ahead of this machine's. */
export const noZeroToleranceVerify: Rule.RuleModule = defineRule({
  name: 'no-zero-tolerance-verify',
  description: 'Require that the verification of a token tolerates clocks that differ',
  messages: {
    absent:
      '{{name}} tolerates no difference between the clocks of issuer and verifier by default: give `clockTolerance: {{advice}}`.',
    zero: 'This tolerates no difference between the clocks of issuer and verifier: give `clockTolerance: {{advice}}`.',
    milliseconds: '{{name}} counts milliseconds: this tolerates {{ms}} ms. For seconds write {{advice}}.',
    suggestion: 'Tolerate 30 seconds: `clockTolerance: {{advice}}`.',
  },
  hasSuggestions: true,
  create(context) {
    const source = context.sourceCode
    function check(call: CallExpression | NewExpression): void {
      const verification = verificationOf(call, source)
      if (verification === undefined || judgesNoTime(verification, source)) return
      const tolerance = toleranceOf(verification, source)
      const problem = problemOf(tolerance, verification)
      if (problem === undefined) return
      const { name, traits } = verification
      const advice = `${advisedSeconds * (1000 / traits.toleranceUnitMs)}`
      const ms = tolerance.kind === 'known' ? `${tolerance.ms}` : ''
      const fix = fixOf(call, verification, tolerance, advice, source)
      context.report({
        node: tolerance.kind === 'known' ? tolerance.node : call,
        messageId: problem,
        data: { name, advice, ms },
        suggest: fix ? [{ messageId: 'suggestion', data: { advice }, fix }] : [],
      })
    }
    return { CallExpression: check, NewExpression: check }
  },
})

function problemOf(
  tolerance: Tolerance,
  { traits }: Verification,
): 'absent' | 'zero' | 'milliseconds' | undefined {
  if (tolerance.kind === 'absent') return 'absent'
  if (tolerance.kind !== 'known') return undefined
  if (tolerance.ms <= 0) return 'zero'
  return traits.toleranceUnitMs === 1 && tolerance.ms < leastMs ? 'milliseconds' : undefined
}

/** Where neither the begin nor the end is looked at, there is nothing to tolerate. */
function judgesNoTime(verification: Verification, source: SourceCode): boolean {
  return ['ignoreExpiration', 'ignoreNotBefore'].every(name => isSwitchedOn(verification, name, source))
}

function fixOf(
  call: CallExpression | NewExpression,
  { options, optionsAt }: Verification,
  tolerance: Tolerance,
  advice: string,
  source: SourceCode,
): Rule.ReportFixer | undefined {
  if (tolerance.kind === 'known') return fixer => fixer.replaceText(tolerance.node, advice)
  const text = `clockTolerance: ${advice}`
  const object = options && unwrap(options)
  if (object?.type === 'ObjectExpression') return fixer => insertFirst(fixer, object, text, source)
  const last = call.arguments.at(-1)
  if (options === undefined && last !== undefined && call.arguments.length === optionsAt) {
    return fixer => fixer.insertTextAfter(last, `, { ${text} }`)
  }
  return undefined
}

function insertFirst(fixer: Rule.RuleFixer, object: Node, text: string, source: SourceCode): Rule.Fix | null {
  const brace = source.getFirstToken(object)
  const isEmpty = object.type === 'ObjectExpression' && object.properties.length === 0
  return brace && fixer.insertTextAfter(brace, isEmpty ? ` ${text} ` : ` ${text},`)
}
