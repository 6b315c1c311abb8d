import { noAbsoluteExp } from '../src/rules/no-absolute-exp.ts'
import { testRule } from './support/run-rule.ts'

const jwt = "import jwt from 'jsonwebtoken'; "
const jose = "import { SignJWT } from 'jose'; "
const fastJwt = "import { createSigner } from 'fast-jwt'; const sign = createSigner({ key }); "

const fixed = (code: string, output: string) => ({ code, output, errors: [{ messageId: 'lifetime' }] })
const suggested = (code: string, suggestion: string) => ({
  code,
  errors: [{ messageId: 'lifetime', suggestion }],
})
const found = (code: string, messageId = 'lifetime') => ({ code, errors: [{ messageId }] })

testRule('no-absolute-exp', noAbsoluteExp, {
  valid: [
    `${jwt}jwt.sign({ sub: user }, k, { expiresIn: '1h' })`,
    `${jwt}jwt.sign({ exp: session.exp }, k)`,
    `${jwt}jwt.sign({ exp }, k)`,
    `${jwt}jwt.sign({ exp: 1893456000 }, k)`,
    `${jwt}jwt.sign({ exp: Date.parse(session.end) / 1000 }, k)`,
    `${jwt}jwt.sign({ exp: new Date(session.end).getTime() / 1000 }, k)`,
    // A token that is born expired: tests make them.
    `${jwt}jwt.sign({ exp: Math.floor(Date.now() / 1000) - 60 }, k)`,
    `${jwt}jwt.sign({ iat: Math.floor(Date.now() / 1000) }, k)`,
    `${jwt}jwt.sign({ data: { exp: Math.floor(Date.now() / 1000) + 60 } }, k)`,
    `${jwt}(Date => jwt.sign({ exp: Date.now() }, k))(mine)`,
    `${jwt}const a = b, b = a; jwt.sign({ exp: a }, k)`,
    `${jwt}const sign = (exp = Math.floor(Date.now() / 1000) + 60) => jwt.sign({ exp }, k)`,
    `${jwt}jwt.sign({ exp: now(Date.now()) }, k)`,
    'const measurement = { exp: Date.now() }',
    'cache.set(key, { value, exp: Date.now() + 60_000 })',
    'const player = { level: 3, exp: Math.floor(Date.now() / 1000) + 60 }',
    "import { SignJWT } from 'jose'; new SignJWT({}).setExpirationTime('1h')",
    "import { SignJWT } from 'jose'; new SignJWT({}).setExpirationTime(session.exp)",
    "import { createSigner } from 'fast-jwt'; createSigner({ key, expiresIn: '15m' })({ sub: user })",
    "import jwt from 'skewproof/jsonwebtoken'; jwt.sign({ exp: Math.floor(Date.now() / 1000) + 60 }, k)",
    { code: `${jwt}jwt.sign({ exp: session.exp! as number }, k)`, isTypeScript: true },
  ],
  invalid: [
    fixed(
      `${jwt}jwt.sign({ exp: Math.floor(Date.now() / 1000) + 3600 }, k)`,
      `${jwt}jwt.sign({}, k, { expiresIn: 3600 })`,
    ),
    fixed(
      `${jwt}jwt.sign({ sub: user, exp: Math.floor(Date.now() / 1000) + 60 * 60 }, k)`,
      `${jwt}jwt.sign({ sub: user }, k, { expiresIn: 60 * 60 })`,
    ),
    fixed(
      `${jwt}jwt.sign({ exp: 3600 + (Date.now() / 1000 | 0), sub: user }, k)`,
      `${jwt}jwt.sign({ sub: user }, k, { expiresIn: 3600 })`,
    ),
    fixed(
      `${jwt}jwt.sign({ a, exp: ~~(Date.now() / 1000) + 60, b, }, k, { algorithm: 'ES256' })`,
      `${jwt}jwt.sign({ a, b, }, k, { algorithm: 'ES256', expiresIn: 60 })`,
    ),
    fixed(
      `${jwt}jwt.sign({ exp: Math.floor(Date.now() / 1000 + 60) }, k, {})`,
      `${jwt}jwt.sign({}, k, { expiresIn: 60 })`,
    ),
    fixed(
      `${jwt}jwt.sign({ exp: Math.floor((Date.now() + 60_000) / 1000) }, k, (error, token) => {})`,
      `${jwt}jwt.sign({}, k, { expiresIn: 60 }, (error, token) => {})`,
    ),
    fixed(
      `${jwt}jwt.sign({ exp: Math.round(new Date().getTime() / 1000) + 60 }, k)`,
      `${jwt}jwt.sign({}, k, { expiresIn: 60 })`,
    ),
    fixed(
      `${jwt}jwt.sign({ exp: Math.round(+new Date() / 1000) + 60 }, k)`,
      `${jwt}jwt.sign({}, k, { expiresIn: 60 })`,
    ),
    fixed(
      `${jwt}const ttl = 900; jwt.sign({ exp: Math.floor(Date.now() / 1000) + ttl }, k)`,
      `${jwt}const ttl = 900; jwt.sign({}, k, { expiresIn: ttl })`,
    ),
    // Not whole, or not known: jsonwebtoken refuses a lifetime that is no whole number.
    suggested(
      `${jwt}jwt.sign({ exp: Math.floor(Date.now() / 1000) + config.ttl }, k)`,
      `${jwt}jwt.sign({}, k, { expiresIn: config.ttl })`,
    ),
    suggested(
      `${jwt}jwt.sign({ exp: Math.floor(Date.now() / 1000 + 0.5) }, k)`,
      `${jwt}jwt.sign({}, k, { expiresIn: 0.5 })`,
    ),
    // What is spread may hold an `iat`, or an `exp` of its own.
    suggested(
      `${jwt}jwt.sign({ ...claims, exp: Math.floor(Date.now() / 1000) + 60 }, k)`,
      `${jwt}jwt.sign({ ...claims }, k, { expiresIn: 60 })`,
    ),
    suggested(
      `${jwt}jwt.sign({ iat: login, exp: Math.floor(Date.now() / 1000) + 60 }, k)`,
      `${jwt}jwt.sign({ iat: login }, k, { expiresIn: 60 })`,
    ),
    // Nothing that could be put in its place.
    found(`${jwt}jwt.sign({ exp: Math.floor(Date.now() / 1000) + 60 /* a minute */ }, k)`),
    found(`${jwt}jwt.sign({ exp: Math.floor(Date.now() / 1000) + 60 }, k, options)`),
    found(`${jwt}jwt.sign({ exp: Math.floor(Date.now() / 1000) + 60 }, k, { expiresIn: 60 })`),
    found(`${jwt}jwt.sign({ exp: Math.floor(Date.now() / 1000) + 60 }, ...rest)`),
    found(`${jwt}jwt.sign({ exp: Math.floor(Date.now() / 1000) + 60 }, (k), (error, token) => {})`),
    found(`${jwt}jwt.sign({ exp: Math.floor(Date.now() / 1000) * 2 }, k)`),
    found(`${jwt}const now = Math.floor(Date.now() / 1000); jwt.sign({ exp: now + 3600 }, k)`),
    found(`${jwt}const now = () => Math.floor(Date.now() / 1000); jwt.sign({ exp: now() + 3600 }, k)`),
    found(`${jwt}function now() { return Date.now() / 1000 } jwt.sign({ exp: now() + 3600 }, k)`),
    found(`${jwt}const exp = Math.floor(Date.now() / 1000) + 60; jwt.sign({ sub, exp }, k)`),
    found(`${jwt}const payload = { exp: Date.now() / 1000 + 60 }; jwt.sign(payload, k)`),
    found(`${jwt}import dayjs from 'dayjs'; jwt.sign({ exp: dayjs().add(1, 'h').unix() }, k)`),
    found(`${jwt}import { DateTime } from 'luxon'; jwt.sign({ exp: DateTime.now().plus(x).toSeconds() }, k)`),
    found("const { sign: make } = require('jsonwebtoken'); make({ exp: Date.now() / 1000 * 2 }, k)"),
    found("import * as jwt from 'jsonwebtoken'; promisify(jwt.sign)({ exp: Date.now() * 2 }, k)"),

    fixed(
      `${jose}new SignJWT({}).setExpirationTime(Math.floor(Date.now() / 1000) + 3600)`,
      `${jose}new SignJWT({}).setExpirationTime('1h')`,
    ),
    fixed(
      `${jose}new SignJWT({}).setExpirationTime(new Date(Date.now() + 90_000))`,
      `${jose}new SignJWT({}).setExpirationTime('90s')`,
    ),
    fixed(
      `${jose}await new SignJWT({ sub: user, exp: Math.floor(Date.now() / 1000) + 900 }).sign(k)`,
      `${jose}await new SignJWT({ sub: user }).setExpirationTime('15m').sign(k)`,
    ),
    // Each of a chain, wherever it stands there.
    fixed(
      `${jose}new SignJWT({}).setExpirationTime('1h').setExpirationTime(Math.floor(Date.now() / 1000) + 60)`,
      `${jose}new SignJWT({}).setExpirationTime('1h').setExpirationTime('1m')`,
    ),
    {
      code: `${jose}new SignJWT({}).setExpirationTime(Date.now() / 1000 + 60).setIssuedAt().setExpirationTime(Date.now() / 1000 + 120)`,
      output: `${jose}new SignJWT({}).setExpirationTime('1m').setIssuedAt().setExpirationTime('2m')`,
      errors: [{ messageId: 'lifetime' }, { messageId: 'lifetime' }],
    },
    suggested(
      `${jose}new SignJWT({}).setExpirationTime(Math.floor(Date.now() / 1000) + ttl)`,
      `${jose}new SignJWT({}).setExpirationTime(\`\${ttl} seconds\`)`,
    ),
    found(`${jose}new SignJWT({}).setExpirationTime(new Date(Date.now() + ttl))`),
    found("import * as jose from 'jose'; new jose.EncryptJWT({ exp: Date.now() / 1000 * 2 })"),
    {
      code: `${jose}const sign = (claims: Claims) => new SignJWT({ ...claims } as JWTPayload).setExpirationTime((Math.floor(Date.now() / 1000) + 3600) as number)`,
      isTypeScript: true,
      output: `${jose}const sign = (claims: Claims) => new SignJWT({ ...claims } as JWTPayload).setExpirationTime('1h')`,
      errors: [{ messageId: 'lifetime' }],
    },

    found(`${fastJwt}sign({ sub: user, exp: Math.floor(Date.now() / 1000) + 60 })`),
    found(
      "const { createSigner: make } = require('fast-jwt'); make({ key })({ exp: Math.floor(Date.now() / 1000) + 60 })",
    ),
    found("import * as fast from 'fast-jwt'; fast.createSigner({ key })({ exp: Date.now() / 1000 + 60 })"),

    // Whatever signs them: these are claims.
    found('encode({ sub: user, exp: Date.now() / 1000 + 60 })', 'claims'),
    found('const claims = { iat, exp: Date.now() / 1000 + 60 }', 'claims'),
  ],
})
