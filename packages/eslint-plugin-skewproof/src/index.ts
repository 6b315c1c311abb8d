import type { ESLint, Linter, Rule } from 'eslint'
import { noAbsoluteExp } from './rules/no-absolute-exp.ts'
import { noDateNowInTokenLogic } from './rules/no-date-now-in-token-logic.ts'
import { noUnboundedTolerance } from './rules/no-unbounded-tolerance.ts'
import { noZeroToleranceVerify } from './rules/no-zero-tolerance-verify.ts'

const rules: Record<string, Rule.RuleModule> = {
  'no-absolute-exp': noAbsoluteExp,
  'no-date-now-in-token-logic': noDateNowInTokenLogic,
  'no-unbounded-tolerance': noUnboundedTolerance,
  'no-zero-tolerance-verify': noZeroToleranceVerify,
}

const plugin: ESLint.Plugin & { readonly configs: { readonly recommended: Linter.Config } } = {
  meta: { name: 'eslint-plugin-skewproof', version: '0.1.0', namespace: 'skewproof' },
  rules,
  configs: {
    recommended: {
      name: 'skewproof/recommended',
      plugins: {
        get skewproof() {
          return plugin
        },
      },
      rules: {
        'skewproof/no-absolute-exp': 'error',
        'skewproof/no-date-now-in-token-logic': 'error',
        'skewproof/no-unbounded-tolerance': 'error',
        'skewproof/no-zero-tolerance-verify': 'error',
      },
    },
  },
}

export default plugin
