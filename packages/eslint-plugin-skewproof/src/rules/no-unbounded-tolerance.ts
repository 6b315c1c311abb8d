import type { Rule, SourceCode } from 'eslint'
import type { CallExpression, NewExpression } from 'estree'
import { isSwitchedOn, toleranceOf, type Verification, verificationOf } from '../calls.ts'
import { findOption } from '../options.ts'
import { defineRule } from '../rule.ts'
import { formatSeconds } from '../spans.ts'

interface Options {
  readonly maxSeconds?: number
}

/** What is tolerated is how long an expired token goes on being accepted. */
export const noUnboundedTolerance: Rule.RuleModule = defineRule({
  name: 'no-unbounded-tolerance',
  description: 'Disallow a tolerance that keeps expired tokens alive',
  messages: {
    tooLarge: 'Expired tokens are accepted for {{given}} longer: tolerate {{max}} at most.',
    endless: 'Expired tokens are accepted for ever: tolerate {{max}} at most.',
    appended:
      'jsonwebtoken appends a tolerance that is a string to `exp`, so the token never expires: write a number of seconds.',
    ignored:
      '`ignoreExpiration` accepts expired tokens for ever: take it out, or limit their age by `maxAge`.',
  },
  schema: [
    {
      type: 'object',
      properties: { maxSeconds: { type: 'number', minimum: 1 } },
      additionalProperties: false,
    },
  ],
  create(context) {
    const source = context.sourceCode
    const { maxSeconds = 60 }: Options = context.options[0] ?? {}
    const max = formatSeconds(maxSeconds)

    function check(call: CallExpression | NewExpression): void {
      const verification = verificationOf(call, source)
      if (verification === undefined) return
      const ignored = ignoresAge(verification, source)
      if (ignored) context.report({ node: ignored, messageId: 'ignored' })

      const tolerance = toleranceOf(verification, source)
      if (tolerance.kind === 'appended') context.report({ node: tolerance.node, messageId: 'appended' })
      if (tolerance.kind !== 'known' || tolerance.ms <= maxSeconds * 1000) return
      const messageId = Number.isFinite(tolerance.ms) ? 'tooLarge' : 'endless'
      context.report({
        node: tolerance.node,
        messageId,
        data: { max, given: formatSeconds(tolerance.ms / 1000) },
      })
    }
    return { CallExpression: check, NewExpression: check }
  },
})

/** The option by which expired tokens are accepted, unless their age is limited otherwise. */
function ignoresAge(verification: Verification, source: SourceCode) {
  if (!verification.traits.canIgnoreExpiration) return undefined
  if (findOption(verification.options, 'maxAge', source) !== 'absent') return undefined
  return isSwitchedOn(verification, 'ignoreExpiration', source)
}
