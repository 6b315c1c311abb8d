import * as typescriptParser from '@typescript-eslint/parser'
import { type Linter, type Rule, RuleTester } from 'eslint'
import { RuleTester as RuleTester9 } from 'eslint9'
import { describe, it } from 'vitest'

export interface InvalidCase {
  readonly code: string
  readonly options?: unknown[]
  /** Only the TypeScript parser reads it. */
  readonly isTypeScript?: boolean
  readonly errors: readonly {
    readonly messageId: string
    readonly suggestion?: string
  }[]
  /** What the fix makes of it. */
  readonly output?: string
}

export interface ValidCase {
  readonly code: string
  readonly options?: unknown[]
  readonly isTypeScript?: boolean
}

interface Setup {
  readonly name: string
  readonly Tester: typeof RuleTester
  readonly languageOptions: Linter.LanguageOptions
  readonly readsTypeScript: boolean
}

const setups: readonly Setup[] = [
  { name: 'ESLint 10', Tester: RuleTester, languageOptions: {}, readsTypeScript: false },
  {
    name: 'ESLint 9',
    // What it takes is the same; its types are those of another package.
    Tester: RuleTester9 as unknown as typeof RuleTester,
    languageOptions: {},
    readsTypeScript: false,
  },
  {
    name: 'ESLint 10 by the parser of typescript-eslint',
    Tester: RuleTester,
    languageOptions: { parser: typescriptParser },
    readsTypeScript: true,
  },
]

/** Runs ESLint's own tester, with both majors and on TypeScript. */
export function testRule(
  name: string,
  rule: Rule.RuleModule,
  cases: { readonly valid: readonly (string | ValidCase)[]; readonly invalid: readonly InvalidCase[] },
): void {
  const valid = cases.valid.map(one => (typeof one === 'string' ? { code: one } : one))
  describe.each(setups)('$name', ({ Tester, languageOptions, readsTypeScript }) => {
    Object.assign(Tester, { describe, it })
    const isRead = ({ isTypeScript = false }: ValidCase): boolean => readsTypeScript || !isTypeScript
    new Tester({ languageOptions }).run(name, rule, {
      valid: valid.filter(isRead).map(({ code, options = [] }) => ({ name: code, code, options })),
      invalid: cases.invalid.filter(isRead).map(({ code, options = [], errors, output = null }) => ({
        name: code,
        code,
        options,
        output,
        errors: errors.map(({ messageId, suggestion }) => ({
          messageId,
          ...(suggestion !== undefined && { suggestions: [{ messageId: 'suggestion', output: suggestion }] }),
        })),
      })),
    })
  })
}
