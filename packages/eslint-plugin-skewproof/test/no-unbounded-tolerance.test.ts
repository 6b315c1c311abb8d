import { noUnboundedTolerance } from '../src/rules/no-unbounded-tolerance.ts'
import { testRule } from './support/run-rule.ts'

const jwt = "import jwt from 'jsonwebtoken'; "
const jose = "import { jwtVerify } from 'jose'; "
const fastJwt = "import { createVerifier } from 'fast-jwt'; "

const is = (messageId: string) => [{ messageId }]

testRule('no-unbounded-tolerance', noUnboundedTolerance, {
  valid: [
    `${jwt}jwt.verify(t, k)`,
    `${jwt}jwt.verify(t, k, { clockTolerance: 60 })`,
    `${jwt}jwt.verify(t, k, { clockTolerance: Number(process.env.TOLERANCE) })`,
    `${jwt}jwt.verify(t, k, { clockTolerance: config.tolerance })`,
    `${jwt}jwt.verify(t, k, { clockTolerance: NaN })`,
    `${jwt}jwt.verify(t, k, { ...options, ignoreExpiration: isRefresh })`,
    `${jwt}jwt.verify(t, k, { ignoreExpiration: false })`,
    `${jwt}jwt.verify(t, k, { ignoreExpiration: true, maxAge: '1h' })`,
    `${jwt}jwt.verify(t, k, { ignoreExpiration: true, ...limits })`,
    `${jwt}jwt.verify(t, k, options)`,
    `${jwt}jwt.verify(t, k, { clockTolerance: '' })`,
    { code: `${jwt}jwt.verify(t, k, { clockTolerance: 300 })`, options: [{ maxSeconds: 300 }] },
    { code: `${jwt}jwt.verify(t, k, { clockTolerance: 300 })`, options: [{ maxSeconds: 1e9 }] },
    `${jose}await jwtVerify(t, k, { clockTolerance: '1 minute' })`,
    `${jose}await jwtVerify(t, k, { ignoreExpiration: true })`,
    `${jose}await jwtVerify(t, k, { clockTolerance: '90' })`,
    `${fastJwt}createVerifier({ key, clockTolerance: 60_000 })`,
    `${fastJwt}createVerifier({ key, clockTolerance: '10m' })`,
    `${fastJwt}createVerifier({ key, ignoreExpiration: true, maxAge: 60_000 })`,
    "import jwt from 'skewproof/jsonwebtoken'; jwt.verify(t, k, { clockTolerance: 3600 })",
    'verify(t, k, { clockTolerance: 3600 })',
    { code: `${jwt}jwt.verify(t, k, { clockTolerance: 60 as number })`, isTypeScript: true },
  ],
  invalid: [
    { code: `${jwt}jwt.verify(t, k, { clockTolerance: 61 })`, errors: is('tooLarge') },
    {
      code: `${jwt}const check = jwt.verify; check(t, k, { clockTolerance: 5 * 60 })`,
      errors: is('tooLarge'),
    },
    { code: `${jwt}const max = 2 * 60; jwt.verify(t, k, { clockTolerance: max })`, errors: is('tooLarge') },
    {
      code: `${jwt}const options = { clockTolerance: 3600 }; jwt.verify(t, k, options)`,
      errors: is('tooLarge'),
    },
    {
      code: `${jwt}const base = { clockTolerance: 3600 }; jwt.verify(t, k, { ...base, issuer })`,
      errors: is('tooLarge'),
    },
    {
      code: `const { verify: check } = require('jsonwebtoken'); check(t, k, { clockTolerance: 90 }, done)`,
      errors: is('tooLarge'),
    },
    { code: `${jwt}jwt.verify(t, k, { clockTolerance: 30_000 })`, errors: is('tooLarge') },
    { code: `${jwt}jwt.verify(t, k, { clockTolerance: Infinity })`, errors: is('endless') },
    { code: `${jwt}jwt.verify(t, k, { clockTolerance: Number.POSITIVE_INFINITY })`, errors: is('endless') },
    { code: `${jwt}jwt.verify(t, k, { clockTolerance: Number.MAX_SAFE_INTEGER })`, errors: is('tooLarge') },
    { code: `${jwt}jwt.verify(t, k, { clockTolerance: '30' })`, errors: is('appended') },
    { code: `${jwt}jwt.verify(t, k, { clockTolerance: \`0\` })`, errors: is('appended') },
    { code: `${jwt}jwt.verify(t, k, { ignoreExpiration: true })`, errors: is('ignored') },
    {
      code: `${jwt}promisify(jwt.verify)(t, k, { ignoreExpiration: true, clockTolerance: 90 })`,
      errors: [{ messageId: 'ignored' }, { messageId: 'tooLarge' }],
    },
    {
      code: `${jwt}jwt.verify(t, k, { clockTolerance: 45 })`,
      options: [{ maxSeconds: 30 }],
      errors: is('tooLarge'),
    },
    { code: `${jose}await jwtVerify(t, k, { clockTolerance: '2h' })`, errors: is('tooLarge') },
    { code: `${jose}await jwtVerify(t, k, { clockTolerance: 7200 })`, errors: is('tooLarge') },
    {
      code: "import { jwtDecrypt as open } from 'jose'; await open(t, k, { clockTolerance: '5 minutes' })",
      errors: is('tooLarge'),
    },
    {
      code: "import * as jose from 'jose'; await jose.jwtVerify(t, k, { clockTolerance: 100 })",
      errors: is('tooLarge'),
    },
    { code: `${fastJwt}createVerifier({ key, clockTolerance: 60_001 })`, errors: is('tooLarge') },
    { code: `${fastJwt}createVerifier({ key, ignoreExpiration: true })`, errors: is('ignored') },
    {
      code: "const fast = require('fast-jwt'); fast.createVerifier({ key, clockTolerance: 10 * 60 * 1000 })",
      errors: is('tooLarge'),
    },
    {
      code: `${jwt}const verify = (t: string) => jwt.verify(t, k!, <Options>{ clockTolerance: 3600 as number }) as Claims`,
      isTypeScript: true,
      errors: is('tooLarge'),
    },
  ],
})
