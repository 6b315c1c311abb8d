import type { Rule } from 'eslint'

/** Where a rule is documented: the README of the package, which the registry shows. */
const page = 'https://www.npmjs.com/package/eslint-plugin-skewproof'

/** What tells a rule apart from the others. */
interface RuleParts {
  readonly name: string
  readonly description: string
  readonly messages: Readonly<Record<string, string>>
  readonly schema?: Rule.RuleMetaData['schema']
  readonly fixable?: 'code'
  readonly hasSuggestions?: boolean
  create(context: Rule.RuleContext): Rule.RuleListener
}

export function defineRule({ name, description, create, ...meta }: RuleParts): Rule.RuleModule {
  return {
    meta: {
      type: 'problem',
      docs: { description, recommended: true, url: `${page}#${name}` },
      schema: [],
      ...meta,
    },
    create,
  }
}
