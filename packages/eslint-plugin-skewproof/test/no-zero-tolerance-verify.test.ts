import { noZeroToleranceVerify } from '../src/rules/no-zero-tolerance-verify.ts'
import { testRule } from './support/run-rule.ts'

const jwt = "import jwt from 'jsonwebtoken'; "
const jose = "import { jwtVerify } from 'jose'; "
const fastJwt = "import { createVerifier } from 'fast-jwt'; "

/** Forms of a call without options, and where the suggestion puts them. */
const forms = [
  ["import jwt from 'jsonwebtoken'; ", 'jwt.verify(t, k%)'],
  ["import { default as jwt } from 'jsonwebtoken'; ", 'jwt.verify(t, k%)'],
  ["import { verify } from 'jsonwebtoken'; ", 'verify(t, k%)'],
  ["import { verify as check } from 'jsonwebtoken'; ", 'check(t, k%)'],
  ["import * as jwt from 'jsonwebtoken'; ", 'jwt.verify(t, k%)'],
  ["import * as jwt from 'jsonwebtoken'; ", 'jwt.default.verify(t, k%)'],
  ["const jwt = require('jsonwebtoken'); ", 'jwt.verify(t, k%)'],
  ["const { verify } = require('jsonwebtoken'); ", 'verify(t, k%)'],
  ["const { verify: check } = require('jsonwebtoken'); ", 'check(t, k%)'],
  ["const verify = require('jsonwebtoken').verify; ", 'verify(t, k%)'],
  ['', "require('jsonwebtoken').verify(t, k%)"],
  [
    "const require = createRequire(import.meta.url); const jwt = require('jsonwebtoken'); ",
    'jwt.verify(t, k%)',
  ],
  ["const jwt = await import('jsonwebtoken'); ", 'jwt.default.verify(t, k%)'],
  ["const { default: jwt } = await import('jsonwebtoken'); ", 'jwt.verify(t, k%)'],
  ["import('jsonwebtoken').then(({ verify }) => ", 'verify(t, k%))'],
  ["let jwt; jwt = await import('jsonwebtoken'); ", 'jwt.verify(t, k%)'],
  ["import jwt from 'jsonwebtoken'; const check = jwt.verify; ", 'check(t, k%)'],
  ["import jwt from 'jsonwebtoken'; const { verify } = jwt; ", 'verify(t, k%)'],
  ["import jwt from 'jsonwebtoken'; const check = promisify(jwt.verify); ", 'await check(t, k%)'],
  ["import jwt from 'jsonwebtoken'; ", 'util.promisify(jwt.verify.bind(jwt))(t, k%)'],
  ["import jwt from 'jsonwebtoken'; ", "jwt['verify'](t, k%)"],
  ["import jwt from 'jsonwebtoken'; ", 'jwt?.verify?.(t, k%)'],
  ["import jwt from 'jsonwebtoken'; ", '(0, jwt.verify)(t, k%)'],
  ["import jwt from 'jsonwebtoken'; ", 'function check(t) { return jwt.verify(t, k%) }'],
  ["import { jwtVerify } from 'jose'; ", 'await jwtVerify(t, k%)'],
  ["import { jwtVerify as check } from 'jose'; ", 'await check(t, k%)'],
  ["import * as jose from 'jose'; ", 'await jose.jwtVerify(t, k%)'],
  ["import { jwtVerify } from 'jose/jwt/verify'; ", 'await jwtVerify(t, k%)'],
  ["import { jwtDecrypt } from 'jose'; ", 'await jwtDecrypt(t, k%)'],
  ["import { jwtVerify } from 'npm:jose@6.2.18'; ", 'await jwtVerify(t, k%)'],
  ["const jose = require('jose'); ", 'jose.jwtVerify(t, k%)'],
] as const

testRule('no-zero-tolerance-verify', noZeroToleranceVerify, {
  valid: [
    `${jwt}jwt.verify(t, k, { clockTolerance: 30 })`,
    `${jwt}jwt.verify(t, k, { 'clockTolerance': 30 })`,
    `${jwt}jwt.verify(t, k, { clockTolerance: 30 }, (error, claims) => {})`,
    `${jwt}const tolerance = 2 * 15; jwt.verify(t, k, { clockTolerance: tolerance })`,
    `${jwt}const options = { clockTolerance: 30 }; jwt.verify(t, k, options)`,
    `${jwt}const base = { clockTolerance: 30 }; jwt.verify(t, k, { ...base, issuer: 'a' })`,
    // What cannot be told is not guessed.
    `${jwt}jwt.verify(t, k, options)`,
    `${jwt}jwt.verify(t, k, { ...options })`,
    `${jwt}jwt.verify(t, k, { algorithms: ['RS256'], ...options })`,
    `${jwt}jwt.verify(t, k, makeOptions())`,
    `${jwt}jwt.verify(t, k, { clockTolerance: config.tolerance })`,
    `${jwt}jwt.verify(t, k, { clockTolerance: Number(process.env.TOLERANCE) })`,
    `${jwt}jwt.verify(t, k, { clockTolerance: isStrict ? 0 : 30 })`,
    `${jwt}jwt.verify(t, k, { [name]: 30 })`,
    `${jwt}jwt.verify(t, k, { get clockTolerance() { return 30 } })`,
    `${jwt}jwt.verify(...args)`,
    `${jwt}const check = (t, options) => jwt.verify(t, k, options)`,
    `${jwt}const check = (t, options = {}) => jwt.verify(t, k, options)`,
    `${jwt}const check = (t, { issuer, ...options }) => jwt.verify(t, k, { issuer, ...options })`,
    `${jwt}const check = (t, done) => jwt.verify(t, k, done)`,
    `${jwt}const options = {}; options.clockTolerance = 30; jwt.verify(t, k, options)`,
    `${jwt}const options = {}; Object.assign(options, config); jwt.verify(t, k, options)`,
    `${jwt}let options = {}; if (config) options = config; jwt.verify(t, k, options)`,
    `${jwt}const a = { ...b }, b = { ...a }; jwt.verify(t, k, a)`,
    // It looks at no time at all.
    `${jwt}jwt.verify(t, k, { ignoreExpiration: true, ignoreNotBefore: true })`,
    // Something else of that name.
    `${jwt}jwt.decode(t)`,
    `${jwt}jwt.sign({}, k)`,
    "import { verify } from 'other-jsonwebtoken'; verify(t, k)",
    "import { verify } from './jsonwebtoken.js'; verify(t, k)",
    "import { verify } from 'jsonwebtoken'; (verify => verify(t, k))(mine)",
    "import { verify } from 'jsonwebtoken'; { function verify() {} verify(t, k) }",
    "import jwt from 'jsonwebtoken'; try {} catch (jwt) { jwt.verify(t, k) }",
    "let jwt = require('jsonwebtoken'); jwt = mine; jwt.verify(t, k)",
    "const require = mine; require('jsonwebtoken').verify(t, k)",
    'const jwt = jwt.jsonwebtoken; jwt.verify(t, k)',
    'crypto.verify(a, b, c)',
    // The drop-ins know how wrong the clock is.
    "import jwt from 'skewproof/jsonwebtoken'; jwt.verify(t, k)",
    "import { jwtVerify } from 'skewproof/jose'; await jwtVerify(t, k)",
    `${jose}import { timeOptions } from 'skewproof/jose'; await jwtVerify(t, k, timeOptions())`,
    `${jose}import { timeOptions } from 'skewproof/jose'; await jwtVerify(t, k, { issuer, ...timeOptions() })`,
    `${jose}await jwtVerify(t, k, { clockTolerance: '30s' })`,
    `${jose}await jwtVerify(t, k, { clockTolerance: '5 minutes' })`,
    `${jose}await jwtVerify(t, k, { clockTolerance: 'soon' })`,
    `${fastJwt}createVerifier({ key, clockTolerance: 30_000 })`,
    `${fastJwt}createVerifier({ key, clockTolerance: 1000 })`,
    `${fastJwt}createVerifier(options)`,
    "import { createDecoder } from 'fast-jwt'; createDecoder()",
    { code: `${jwt}jwt.verify(t, k, { clockTolerance: 30 as const } satisfies Options)`, isTypeScript: true },
    { code: `${jwt}jwt.verify(t, k, options as VerifyOptions)`, isTypeScript: true },
    { code: "import type { verify } from 'jsonwebtoken'; let x: typeof verify", isTypeScript: true },
  ],
  invalid: [
    ...forms.map(([before, call]) => ({
      code: before + call.replace('%', ''),
      errors: [{ messageId: 'absent', suggestion: before + call.replace('%', ', { clockTolerance: 30 }') }],
    })),
    {
      code: "import jwt = require('jsonwebtoken'); (jwt as any)!.verify(t, k)",
      isTypeScript: true,
      errors: [
        {
          messageId: 'absent',
          suggestion:
            "import jwt = require('jsonwebtoken'); (jwt as any)!.verify(t, k, { clockTolerance: 30 })",
        },
      ],
    },
    {
      code: `${jwt}class Guard { check(@Inject() t: string): Claims { return jwt.verify(t, this.key as Key, {} as Options) as Claims } }`,
      isTypeScript: true,
      errors: [
        {
          messageId: 'absent',
          suggestion: `${jwt}class Guard { check(@Inject() t: string): Claims { return jwt.verify(t, this.key as Key, { clockTolerance: 30 } as Options) as Claims } }`,
        },
      ],
    },
    {
      code: `${jwt}jwt.verify(t, k, { algorithms: ['RS256'] })`,
      errors: [
        {
          messageId: 'absent',
          suggestion: `${jwt}jwt.verify(t, k, { clockTolerance: 30, algorithms: ['RS256'] })`,
        },
      ],
    },
    {
      code: `${jwt}jwt.verify(t, k, {}, (error, claims) => {})`,
      errors: [
        {
          messageId: 'absent',
          suggestion: `${jwt}jwt.verify(t, k, { clockTolerance: 30 }, (error, claims) => {})`,
        },
      ],
    },
    { code: `${jwt}jwt.verify(t, k, (error, claims) => {})`, errors: [{ messageId: 'absent' }] },
    { code: `${jwt}function done() {} jwt.verify(t, k, done)`, errors: [{ messageId: 'absent' }] },
    { code: `${jwt}jwt.verify(t, k, undefined)`, errors: [{ messageId: 'absent' }] },
    {
      code: `${jwt}const options = { algorithms: ['RS256'] }; jwt.verify(t, k, options)`,
      errors: [{ messageId: 'absent' }],
    },
    {
      code: `${jwt}const base = { algorithms: ['RS256'] }; jwt.verify(t, k, { ...base })`,
      errors: [
        {
          messageId: 'absent',
          suggestion: `${jwt}const base = { algorithms: ['RS256'] }; jwt.verify(t, k, { clockTolerance: 30, ...base })`,
        },
      ],
    },
    {
      code: `${jwt}jwt.verify(t, k, { clockTolerance: undefined })`,
      errors: [
        {
          messageId: 'absent',
          suggestion: `${jwt}jwt.verify(t, k, { clockTolerance: 30, clockTolerance: undefined })`,
        },
      ],
    },
    {
      code: `${jwt}jwt.verify(t, k, { clockTolerance: 0 })`,
      errors: [{ messageId: 'zero', suggestion: `${jwt}jwt.verify(t, k, { clockTolerance: 30 })` }],
    },
    {
      code: `${jwt}const none = 0; jwt.verify(t, k, { clockTolerance: none })`,
      errors: [
        { messageId: 'zero', suggestion: `${jwt}const none = 0; jwt.verify(t, k, { clockTolerance: 30 })` },
      ],
    },
    {
      code: `${jwt}jwt.verify(t, k, { clockTolerance: -1 })`,
      errors: [{ messageId: 'zero', suggestion: `${jwt}jwt.verify(t, k, { clockTolerance: 30 })` }],
    },
    {
      code: `${jwt}jwt.verify(t, k, { ignoreExpiration: true })`,
      errors: [
        {
          messageId: 'absent',
          suggestion: `${jwt}jwt.verify(t, k, { clockTolerance: 30, ignoreExpiration: true })`,
        },
      ],
    },
    {
      code: `${jose}await jwtVerify(t, k, { clockTolerance: '0s' })`,
      errors: [{ messageId: 'zero', suggestion: `${jose}await jwtVerify(t, k, { clockTolerance: 30 })` }],
    },
    {
      code: `${fastJwt}const verify = createVerifier({ key })`,
      errors: [
        {
          messageId: 'absent',
          suggestion: `${fastJwt}const verify = createVerifier({ clockTolerance: 30000, key })`,
        },
      ],
    },
    {
      code: "const { createVerifier: make } = require('fast-jwt'); make({ key })",
      errors: [
        {
          messageId: 'absent',
          suggestion:
            "const { createVerifier: make } = require('fast-jwt'); make({ clockTolerance: 30000, key })",
        },
      ],
    },
    {
      code: "import * as fast from 'fast-jwt'; fast.createVerifier({ key, clockTolerance: 0 })",
      errors: [
        {
          messageId: 'zero',
          suggestion: "import * as fast from 'fast-jwt'; fast.createVerifier({ key, clockTolerance: 30000 })",
        },
      ],
    },
    {
      code: `${fastJwt}createVerifier({ key, clockTolerance: 30 })`,
      errors: [
        { messageId: 'milliseconds', suggestion: `${fastJwt}createVerifier({ key, clockTolerance: 30000 })` },
      ],
    },
  ],
})
