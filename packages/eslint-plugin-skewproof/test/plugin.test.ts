import { readFileSync } from 'node:fs'
import { Linter } from 'eslint'
import { describe, expect, it } from 'vitest'
import plugin from '../src/index.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** The code under the heading of a rule. */
function exampleOf(rule: string): string {
  return new RegExp(`^## ${rule}\\n.*?^\`\`\`js\\n(.*?)^\`\`\`$`, 'ms').exec(readme)?.[1] ?? ''
}

describe.each(Object.entries(plugin.rules ?? {}))('%s', (name, rule) => {
  it('is documented where it says', () => {
    expect(rule.meta?.docs?.url).toBe(`https://www.npmjs.com/package/eslint-plugin-skewproof#${name}`)
    expect(readme).toContain(`| [${name}](#${name}) | error |`)
  })

  it('reports in its example what is marked so, and nothing else', () => {
    const lines = exampleOf(name).split('\n')
    const marked = lines.flatMap((line, index) => (line.endsWith('// reported') ? [index + 1] : []))
    const messages = new Linter().verify(exampleOf(name), plugin.configs.recommended)
    expect(messages.filter(({ ruleId }) => ruleId === null)).toEqual([])
    const own = messages.filter(({ ruleId }) => ruleId === `skewproof/${name}`)
    expect(own.map(({ line }) => line)).toEqual(marked)
    expect(marked).not.toEqual([])
  })
})

it('recommends every rule, and has the name and version of its package', () => {
  const recommended = Object.keys(plugin.configs.recommended.rules ?? {})
  expect(recommended).toEqual(Object.keys(plugin.rules ?? {}).map(name => `skewproof/${name}`))
  expect(plugin.meta).toMatchObject({ name: manifest.name, version: manifest.version })
})

it('says what a fix makes of the code, in ESLint itself', () => {
  const code =
    "import jwt from 'jsonwebtoken'\njwt.sign({ sub, exp: Math.floor(Date.now() / 1000) + 900 }, key)\n"
  const { fixed, output } = new Linter().verifyAndFix(code, plugin.configs.recommended)
  expect({ fixed, output }).toEqual({
    fixed: true,
    output: "import jwt from 'jsonwebtoken'\njwt.sign({ sub }, key, { expiresIn: 900 })\n",
  })
})
