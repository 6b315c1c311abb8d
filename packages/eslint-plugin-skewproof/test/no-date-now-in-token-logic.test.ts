import { noDateNowInTokenLogic } from '../src/rules/no-date-now-in-token-logic.ts'
import { testRule } from './support/run-rule.ts'

const jwt = "import jwt from 'jsonwebtoken'; "
const jose = "import { jwtVerify, SignJWT } from 'jose'; "

const found = (code: string, messageId = 'compared') => ({ code, errors: [{ messageId }] })

testRule('no-date-now-in-token-logic', noDateNowInTokenLogic, {
  valid: [
    // Not about tokens.
    'if (cache.get(key).exp < Date.now()) cache.delete(key)',
    'if (entry.expiresAt < Date.now()) evict(entry)',
    'const elapsed = Date.now() - start',
    'if (session.expires < new Date()) end(session)',
    'const power = Math.exp(x) - Date.now()',
    'if (a.exp > b.exp) swap(a, b)',
    'if (token.issuer < Date.now) f()',
    // Not judged, or not by the wall clock.
    'const inSeconds = token.exp - token.iat',
    'const seen = { exp: payload.exp, at: Date.now() }',
    'const age = clock.now().timeMs / 1000 - payload.iat',
    'if (payload.exp * 1000 < clock.now().timeMs) refresh()',
    'if (performance.now() > dueMs) refresh()',
    // A clock that a test or a caller can give.
    'function isExpired(token, now = Date.now()) { return token.exp * 1000 < now }',
    'function isExpired(token, { now }) { return token.exp * 1000 < (now ?? Date.now()) }',
    'let now = Date.now(); now = clock.now(); if (payload.exp < now / 1000) refresh()',
    // Relative.
    'if ((Date.now() - startedAt) / 1000 > token.expires_in) refresh()',
    'setTimeout(refresh, token.expires_in * 1000)',
    "import jwt from 'jsonwebtoken'; jwt.sign({ sub }, k, { expiresIn: '15m', notBefore: '0s' })",
    // That a claim lies somewhat in the past allows for clocks that differ.
    `${jwt}jwt.sign({ iat: Math.floor(Date.now() / 1000) - 30 }, k)`,
    `${jwt}jwt.sign({ nbf: Math.floor(Date.now() / 1000) - 30 }, k)`,
    `${jwt}jwt.sign({ seenAt: Date.now() }, k)`,
    `${jwt}jwt.sign({ iat: login.at }, k)`,
    `${jwt}jwt.verify(t, k, { clockTimestamp: clock.now().timeMs / 1000 })`,
    `${jwt}const claims = jwt.verify(t, k, { seenAt: Date.now() }); if (claims.exp * 1000 > claims.max) f()`,
    `${jose}new SignJWT({}).setIssuedAt().setNotBefore('0s')`,
    `${jose}await jwtVerify(t, k, { currentDate: new Date(clock.now().timeMs) })`,
    `${jose}await jwtVerify(t, k, { currentDate: new Date(2030, 1, 1) })`,
    { code: 'if ((payload as Payload).exp! > other.exp!) f()', isTypeScript: true },
    { code: 'interface Token { exp: number }; type Now = typeof Date.now', isTypeScript: true },
  ],
  invalid: [
    found('if (payload.exp * 1000 < Date.now()) refresh()'),
    found('if (payload.exp < Date.now() / 1000) refresh()'),
    found('if (Date.now() >= decoded.exp * 1000) refresh()'),
    found('if ((payload.exp ?? 0) * 1000 < Date.now()) refresh()'),
    found('if (payload?.exp * 1000 < Date.now()) refresh()'),
    found('if (x.exp < Math.floor(Date.now() / 1000)) refresh()'),
    found('if (x.exp - 60 < Math.floor(new Date().getTime() / 1000)) refresh()'),
    found('if (x.nbf > ~~(+new Date() / 1000)) wait()'),
    found('const now = Math.floor(Date.now() / 1000); if (x.exp < now) refresh()'),
    found('const now = () => Math.floor(Date.now() / 1000); if (x.exp < now()) refresh()'),
    found('function now() { return Date.now() / 1000 } if (x.exp < now()) refresh()'),
    found('const { exp } = jwtDecode(token); if (exp * 1000 < Date.now()) refresh()'),
    found('const { exp: end } = jwt.decode(token); if (end < Date.now() / 1000) refresh()'),
    found('const isExpired = exp => exp * 1000 < Date.now()'),
    found('const endMs = payload.exp * 1000; if (Date.now() > endMs) refresh()'),
    found('if (new Date(payload.exp * 1000) < new Date()) refresh()'),
    found('if (new Date() > token.expiresAt) refresh()'),
    found('if (tokens.expiry_date <= Date.now()) refresh()'),
    found('if (this.accessToken.expires_at < Date.now() / 1000) refresh()'),
    found('if (Date.now() > tokenExpiresAt) refresh()'),
    found('setTimeout(refresh, payload.exp * 1000 - Date.now())'),
    found('setTimeout(refresh, payload.exp * 1000 - Date.now() - 60_000)'),
    found('const age = Date.now() / 1000 - claims.iat'),
    found('if (Date.now() / 1000 - claims.auth_time > 3600) login()'),
    found("import dayjs from 'dayjs'; if (dayjs.unix(payload.exp).isBefore(dayjs())) refresh()"),
    found("import moment from 'moment'; if (moment().isAfter(moment.unix(user.exp))) refresh()"),
    found("import { isBefore, fromUnixTime } from 'date-fns'; isBefore(fromUnixTime(user.exp), new Date())"),
    found("const dayjs = require('dayjs'); dayjs.unix(user.exp).diff(dayjs(), 's')"),
    {
      code: 'const isExpired = (token: Token): boolean => (token.payload as Payload).exp! * 1000 < Date.now()',
      isTypeScript: true,
      errors: [{ messageId: 'compared' }],
    },
    {
      code: 'class Guard { private isOld({ exp }: JwtPayload) { const now = Math.floor(Date.now() / 1000) as Seconds; return exp !== undefined && exp <= now } }',
      isTypeScript: true,
      errors: [{ messageId: 'compared' }],
    },

    found(`${jwt}jwt.sign({ sub, iat: Math.floor(Date.now() / 1000) }, k)`, 'signed'),
    found(`${jwt}const now = Math.floor(Date.now() / 1000); jwt.sign({ nbf: now }, k)`, 'signed'),
    found(`${jose}new SignJWT({}).setIssuedAt(Math.floor(Date.now() / 1000))`, 'signed'),
    found(`${jose}new SignJWT({}).setNotBefore(new Date())`, 'signed'),
    found(`${jose}new SignJWT({ iat: Date.now() / 1000 })`, 'signed'),
    found(
      "const { createSigner } = require('fast-jwt'); createSigner({ key })({ iat: Date.now() / 1000 })",
      'signed',
    ),
    found(`${jwt}jwt.verify(t, k, { clockTimestamp: Math.floor(Date.now() / 1000) })`, 'given'),
    found(`${jwt}const options = { clockTimestamp: Date.now() / 1000 }; jwt.verify(t, k, options)`, 'given'),
    found(`${jose}await jwtVerify(t, k, { currentDate: new Date() })`, 'given'),
    found(
      "import { createVerifier as make } from 'fast-jwt'; make({ key, clockTimestamp: Date.now() })",
      'given',
    ),
  ],
})
