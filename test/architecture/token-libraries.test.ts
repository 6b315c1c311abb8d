import { Linter } from 'eslint'
import { describe, expect, it } from 'vitest'
import plugin from '../../packages/eslint-plugin-skewproof/src/index.ts'
import { examineSource } from '../../packages/server/src/doctor/project/examine.ts'

// `skewproof doctor --project` and the lint rules are installed apart, so each has its own table of libraries: here they are
// asked the same.

const imports = [
  ["import jwt from 'jsonwebtoken'", 'jwt.verify'],
  ["import { verify as check } from 'jsonwebtoken'", 'check'],
  ["const { verify } = require('jsonwebtoken')", 'promisify(verify)'],
  ["import * as jose from 'jose'", 'jose.jwtVerify'],
  ["const { jwtDecrypt } = await import('jose')", 'jwtDecrypt'],
  ["import { timeOptions } from 'skewproof/jose'; import { jwtVerify } from 'jose'", 'jwtVerify'],
] as const

const options = [
  '',
  '{}',
  '{ clockTolerance: 0 }',
  '{ clockTolerance: 30 }',
  '{ clockTolerance: 2 * 45 }',
  "{ clockTolerance: '30' }",
  "{ clockTolerance: '30s' }",
  "{ clockTolerance: '2h' }",
  '{ clockTolerance: undefined }',
  '{ clockTolerance: config.tolerance }',
  '{ clockTolerance: 30, ignoreExpiration: true }',
  '{ ...given }',
  'given',
  'timeOptions()',
  '() => {}',
]

const snippets = imports.flatMap(([before, call]) =>
  options.map(option => `${before}; ${call}(token, key${option && `, ${option}`})`),
)

function rulesThatReport(code: string): string[] {
  return new Linter()
    .verify(code, plugin.configs.recommended)
    .map(({ ruleId, message }) => ruleId?.replace('skewproof/', '') ?? message)
}

/** What the rules must say to what doctor has found. */
function rulesFor(code: string): string[] {
  return examineSource('a.js', code).verifications.flatMap(({ tolerance, ignoresExpiration }) => {
    const { kind } = tolerance
    const isNone = kind === 'absent' || (kind === 'seconds' && tolerance.seconds <= 0)
    const isTooMuch = kind === 'concatenated' || (kind === 'seconds' && tolerance.seconds > 60)
    return [
      ...(isTooMuch || ignoresExpiration === 'yes' ? ['no-unbounded-tolerance'] : []),
      ...(isNone ? ['no-zero-tolerance-verify'] : []),
    ]
  })
}

describe('doctor and the lint rules agree', () => {
  it.each(snippets)('on %s', code => {
    expect(rulesThatReport(code)).toEqual(rulesFor(code))
  })
})
