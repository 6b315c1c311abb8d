import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { examineSource } from './examine.ts'

/** How the calls of a file are given their tolerance. */
function tolerances(text: string, path = 'a.ts') {
  return examineSource(path, text).verifications.map(({ tolerance }) => tolerance)
}

function tolerance(options: string, library = 'jsonwebtoken') {
  const call = library === 'jose' ? 'jwtVerify' : 'verify'
  return tolerances(`import { ${call} } from '${library}'\n${call}(token, key, ${options})`)[0]
}

describe('a call is found by whatever form the library is imported', () => {
  it.each([
    ['default', "import jwt from 'jsonwebtoken'; jwt.verify(t, k)"],
    ['default as a name', "import { default as jwt } from 'jsonwebtoken'; jwt.verify(t, k)"],
    ['named', "import { verify } from 'jsonwebtoken'; verify(t, k)"],
    ['alias', "import { verify as check } from 'jsonwebtoken'; check(t, k)"],
    ['namespace', "import * as jwt from 'jsonwebtoken'; jwt.verify(t, k)"],
    ["namespace's default", "import * as jwt from 'jsonwebtoken'; jwt.default.verify(t, k)"],
    ['import by require', "import jwt = require('jsonwebtoken'); jwt.verify(t, k)"],
    ['require', "const jwt = require('jsonwebtoken'); jwt.verify(t, k)"],
    ['require with var, below', "function f() { jwt.verify(t, k) } var jwt = require('jsonwebtoken')"],
    ['require, used at once', "require('jsonwebtoken').verify(t, k)"],
    ['require, a member', "const verify = require('jsonwebtoken').verify; verify(t, k)"],
    ['destructured require', "const { verify } = require('jsonwebtoken'); verify(t, k)"],
    ['destructured require, alias', "const { verify: check } = require('jsonwebtoken'); check(t, k)"],
    [
      'a require of its own',
      "const require = createRequire(import.meta.url); const jwt = require('jsonwebtoken'); jwt.verify(t, k)",
    ],
    ['dynamic import', "const jwt = await import('jsonwebtoken'); jwt.default.verify(t, k)"],
    ['dynamic import, used at once', "(await import('jsonwebtoken')).default.verify(t, k)"],
    [
      'dynamic import, destructured',
      "const { default: jwt } = await import('jsonwebtoken'); jwt.verify(t, k)",
    ],
    ['dynamic import, continued', "import('jsonwebtoken').then(({ verify }) => verify(t, k))"],
    [
      'dynamic import, assigned later',
      "let jwt; async () => { jwt = await import('jsonwebtoken'); jwt.verify(t, k) }",
    ],
    ['alias of a member', "import jwt from 'jsonwebtoken'; const check = jwt.verify; check(t, k)"],
    ['destructured later', "import jwt from 'jsonwebtoken'; const { verify } = jwt; verify(t, k)"],
    ['promisify', "import jwt from 'jsonwebtoken'; const check = promisify(jwt.verify); check(t, k)"],
    ['util.promisify and bind', "import jwt from 'jsonwebtoken'; util.promisify(jwt.verify.bind(jwt))(t, k)"],
    ['a name in brackets', "import jwt from 'jsonwebtoken'; jwt['verify'](t, k)"],
    ['an optional call', "import jwt from 'jsonwebtoken'; jwt?.verify?.(t, k)"],
    ['a sequence', "import jwt from 'jsonwebtoken'; (0, jwt.verify)(t, k)"],
    ['types in between', "import jwt from 'jsonwebtoken'; (jwt as any)!.verify(t, k)"],
    ['jose', "import { jwtVerify } from 'jose'; await jwtVerify(t, k)"],
    ['jose, a namespace', "import * as jose from 'jose'; await jose.jwtVerify(t, k)"],
    ['jose, a path', "import { jwtVerify } from 'jose/jwt/verify'; await jwtVerify(t, k)"],
    ['jose, encrypted', "import { jwtDecrypt } from 'jose'; await jwtDecrypt(t, k)"],
    ['jose in Deno', "import { jwtVerify } from 'npm:jose@6.2.18'; await jwtVerify(t, k)"],
    ['jose, a dynamic import', "const { jwtVerify } = await import('jose'); await jwtVerify(t, k)"],
  ])('%s', (_name, text) => {
    expect(tolerances(text)).toEqual([{ kind: 'absent' }])
  })

  it.each([
    ["another library's", "import { verify } from 'other-jsonwebtoken'; verify(t, k)"],
    ['another function', "import jwt from 'jsonwebtoken'; jwt.decode(t)"],
    ['a parameter of the name', "import { verify } from 'jsonwebtoken'; (verify => verify(t, k))(mine)"],
    ['a function of the name', "import jwt from 'jsonwebtoken'; { function verify() {} verify(t, k) }"],
    ['a caught error of the name', "import jwt from 'jsonwebtoken'; try {} catch (jwt) { jwt.verify(t, k) }"],
    ['a name that is given two values', "let jwt = require('jsonwebtoken'); jwt = mine; jwt.verify(t, k)"],
    ["a loop's variable", "import jwt from 'jsonwebtoken'; for (const jwt of all) jwt.verify(t, k)"],
    ['a require that is somebody else’s', "const require = mine; require('jsonwebtoken').verify(t, k)"],
    ['a name that is itself', 'const jwt = jwt.jsonwebtoken; jwt.verify(t, k)'],
    ['a member of its result', "import { verify } from 'jsonwebtoken'; verify.mock.verify(t, k)"],
    ['a type', "import type { verify } from 'jsonwebtoken'; let x: typeof verify"],
  ])('but not %s', (_name, text) => {
    expect(tolerances(text)).toEqual([])
  })
})

describe('a tolerance', () => {
  const seconds = (value: number) => ({ kind: 'seconds', seconds: value })
  it.each([
    ['{}', { kind: 'absent' }],
    ['undefined', { kind: 'absent' }],
    ['null', { kind: 'absent' }],
    ['(error, claims) => {}', { kind: 'absent' }],
    ['function (error) {}', { kind: 'absent' }],
    ['{ clockTolerance: 30 }', seconds(30)],
    ['{ clockTolerance: 0 }', seconds(0)],
    ['{ clockTolerance: -1 }', seconds(-1)],
    ['{ clockTolerance: 2 * 60 }', seconds(120)],
    ['{ "clockTolerance": 30 }', seconds(30)],
    ['{ ["clockTolerance"]: 30 }', seconds(30)],
    ['{ clockTolerance: 30 as const } satisfies Options', seconds(30)],
    ['{ clockTolerance: undefined }', { kind: 'absent' }],
    ['{ clockTolerance: "30" }', { kind: 'concatenated', text: '30' }],
    ['{ clockTolerance: config.tolerance }', { kind: 'computed' }],
    ['{ clockTolerance: Number(process.env.TOLERANCE) }', { kind: 'computed' }],
    ['options', { kind: 'hidden' }],
    ['makeOptions()', { kind: 'hidden' }],
    ['{ ...options }', { kind: 'hidden' }],
    ['{ clockTolerance: 30, ...options }', { kind: 'hidden' }],
    ['{ ...options, clockTolerance: 30 }', seconds(30)],
    ['{ clockTolerance: 30, clockTolerance: 90 }', seconds(90)],
    ['{ [name]: 30 }', { kind: 'hidden' }],
    ['{ get clockTolerance() { return 30 } }', { kind: 'hidden' }],
    ['...rest', { kind: 'hidden' }],
  ])('of %s', (options, expected) => {
    expect(tolerance(options)).toEqual(expected)
  })

  it.each([
    ['{ clockTolerance: "30s" }', seconds(30)],
    ['{ clockTolerance: "5 minutes" }', seconds(300)],
    ['{ clockTolerance: "1.5 hours" }', seconds(5400)],
    ['{ clockTolerance: "soon" }', { kind: 'computed' }],
    ['{ clockTolerance: 45 }', seconds(45)],
  ])('of jose, of %s', (options, expected) => {
    expect(tolerance(options, 'jose')).toEqual(expected)
  })

  it.each([
    ['timeOptions()', { kind: 'bounded' }],
    ['{ ...timeOptions(), issuer }', { kind: 'bounded' }],
    ['{ ...timeOptions(), clockTolerance: 90 }', seconds(90)],
    ['otherOptions()', { kind: 'hidden' }],
  ])('of jose with skewproof, of %s', (options, expected) => {
    const imports = "import { jwtVerify } from 'jose'; import { timeOptions } from 'skewproof/jose'"
    expect(tolerances(`${imports}; jwtVerify(token, key, ${options})`)).toEqual([expected])
  })

  it('may have a name', () => {
    const before = "import { verify } from 'jsonwebtoken'\n"
    const after = '\nverify(t, k, { clockTolerance: T })'
    expect(tolerances(`${before}const T = 60${after}`)).toEqual([seconds(60)])
    expect(tolerances(`${before}const minute = 60; const T = 2 * minute${after}`)).toEqual([seconds(120)])
    expect(tolerances(`${before}let T = 60; T += 60${after}`)).toEqual([{ kind: 'computed' }])
    expect(tolerances(`${before}const { T } = config${after}`)).toEqual([{ kind: 'computed' }])
  })

  it('is not known when what comes before it is spread', () => {
    expect(tolerances("import { verify } from 'jsonwebtoken'; verify(...args)")).toEqual([{ kind: 'hidden' }])
  })
})

describe('ignoreExpiration', () => {
  it.each([
    ['{ ignoreExpiration: true }', 'yes'],
    ['{ ignoreExpiration: 1 }', 'yes'],
    ['{ ignoreExpiration: false }', 'no'],
    ['{ ignoreExpiration: !isProduction }', 'unknown'],
    ['{}', 'no'],
  ])('of %s', (options, expected) => {
    const { verifications } = examineSource(
      'a.js',
      `import { verify } from 'jsonwebtoken'; verify(t, k, ${options})`,
    )
    expect(verifications[0]?.ignoresExpiration).toBe(expected)
  })

  it('is nothing to jose', () => {
    const text = "import { jwtVerify } from 'jose'; jwtVerify(t, k, { ignoreExpiration: true })"
    expect(examineSource('a.js', text).verifications[0]?.ignoresExpiration).toBe('no')
  })
})

describe('an exp made by hand', () => {
  const jwt = "import jwt from 'jsonwebtoken'; import { SignJWT } from 'jose'\n"
  const found = (text: string) => examineSource('a.ts', jwt + text).handMadeExpiries.length

  it.each([
    ['jwt.sign({ exp: Math.floor(Date.now() / 1000) + 3600 }, k)'],
    ['jwt.sign({ exp: (Date.now() / 1000 | 0) + 3600 }, k)'],
    ['jwt.sign({ exp: +new Date() / 1000 + 3600 }, k)'],
    ['jwt.sign({ exp: new Date().getTime() / 1000 + 3600 }, k)'],
    ['const now = Math.floor(Date.now() / 1000); jwt.sign({ exp: now + 3600 }, k)'],
    ['const payload = { exp: Date.now() / 1000 + 60 }; jwt.sign(payload, k)'],
    ['new SignJWT({ exp: Date.now() / 1000 + 60 })'],
    ['new SignJWT({}).setExpirationTime(Math.floor(Date.now() / 1000) + 60)'],
    ['encode({ sub: user, exp: Date.now() / 1000 + 60 })'],
    ['const claims = { iat, exp: Date.now() / 1000 + 60 }'],
    ['import dayjs from "dayjs"; jwt.sign({ exp: dayjs().add(1, "h").unix() }, k)'],
  ])('%s', text => {
    expect(found(text)).toBe(1)
  })

  it.each([
    ['jwt.sign({ sub: user }, k, { expiresIn: "1h" })'],
    ['jwt.sign({ exp: session.exp }, k)'],
    ['jwt.sign({ exp: Date.parse(session.end) / 1000 }, k)'],
    ['jwt.sign({ exp: new Date(session.end).getTime() / 1000 }, k)'],
    ['new SignJWT({}).setExpirationTime("1h")'],
    ['const measurement = { exp: Date.now() }'],
    ['jwt.sign({ iat: Date.now() / 1000 }, k)'],
    ['(Date => jwt.sign({ exp: Date.now() }, k))(mine)'],
    ['const a = b, b = a; jwt.sign({ exp: a }, k)'],
  ])('but not %s', text => {
    expect(found(text)).toBe(0)
  })
})

describe('a place', () => {
  it('is shown with the lines around it', () => {
    const text = [
      "import jwt from 'jsonwebtoken'",
      'export function claims(token: string) {',
      "  return jwt.verify(token, 'hunter2', {",
      "    algorithms: ['HS256'],",
      '  })',
      '}',
    ].join('\n')
    const [place] = examineSource('src/a.ts', text).verifications
    expect(place).toMatchObject({ file: 'src/a.ts', line: 3, column: 10 })
    expect(place?.frame.split('\n')).toEqual([
      '  2 | export function claims(token: string) {',
      "> 3 |   return jwt.verify(token, '…', {",
      "> 4 |     algorithms: ['…'],",
      '> 5 |   })',
      '  6 | }',
    ])
  })

  it.each([
    ['a string', (secret: string) => `jwt.verify(t, '${secret}')`],
    ['a template', (secret: string) => `jwt.verify(t, \`a\n\${x}${secret}\`)`],
    ['a comment', (secret: string) => `jwt.verify(t, k) // ${secret}`],
    ['a comment of several lines', (secret: string) => `/* a\n${secret} */ jwt.verify(t, k)`],
    ['a regular expression', (secret: string) => `jwt.verify(t, /${secret}/)`],
    ['a property', (secret: string) => `jwt.verify(t, { '${secret}': 1 })`],
    ['an attribute', (secret: string) => `<a b="${secret}">{jwt.verify(t, k)}</a>`],
    ['text of JSX', (secret: string) => `<a>${secret}{jwt.verify(t, k)}</a>`],
    ['an import', (secret: string) => `jwt.verify(t, await import('${secret}'))`],
    ['a directive', (secret: string) => `function f() { '${secret}'; jwt.verify(t, k) }`],
  ])('shows nothing of %s', (_name, write) => {
    const secrets = fc.stringMatching(/^[a-z0-9]{8,40}$/)
    fc.assert(
      fc.property(secrets, word => {
        const secret = `s3cret${word}`
        const text = `import jwt from 'jsonwebtoken'\n${write(secret)}\nconst after = '${secret}'`
        const { verifications } = examineSource('a.tsx', text)
        expect(verifications).toHaveLength(1)
        expect(JSON.stringify(verifications)).not.toContain(secret)
      }),
      { numRuns: 20 },
    )
  })

  it('shows no long number, and no endless line', () => {
    const text = `import { verify } from 'jsonwebtoken'; verify(t, 12345678901234, ${'[], '.repeat(9999)}30)`
    const [place] = examineSource('a.js', text).verifications
    expect(place?.frame).not.toContain('12345678901234')
    expect(place?.frame.length).toBeLessThan(200)
  })
})

describe('a source', () => {
  it.each([
    ['a.js', "// @flow\nimport jwt from 'jsonwebtoken'; const f = (t: string) => jwt.verify(t, k)"],
    ['a.jsx', "import jwt from 'jsonwebtoken'; const a = <b>{jwt.verify(t, k)}</b>"],
    ['a.tsx', "import jwt from 'jsonwebtoken'; const a = <b>{jwt.verify(t, k as Key)}</b>"],
    [
      'a.ts',
      "import jwt from 'jsonwebtoken'; class A { @B() f(@C() t: string) { jwt.verify(<string>t, k) } }",
    ],
    ['a.cts', "import jwt = require('jsonwebtoken'); jwt.verify(t, k)"],
    ['a.mts', "import jwt from 'jsonwebtoken'; enum A { B } namespace C { jwt.verify(t, k) }"],
    ['a.cjs', "#!/usr/bin/env node\n'use strict'; with_ = 1; return require('jsonwebtoken').verify(t, k)"],
    [
      'a.mjs',
      "import a from './a.json' with { type: 'json' }; import jwt from 'jsonwebtoken'; jwt.verify(t, k)",
    ],
  ])('%s is read: %s', (path, text) => {
    expect(tolerances(text, path)).toHaveLength(1)
  })

  it('that does not parse is said to, in whatever way it is broken', () => {
    expect(() => examineSource('a.ts', 'import jsonwebtoken from = 5')).toThrow(SyntaxError)
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), noise => {
        try {
          examineSource('a.ts', `${noise}\njsonwebtoken`)
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError)
        }
      }),
    )
  })
})
