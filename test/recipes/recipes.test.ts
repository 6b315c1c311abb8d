import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encode } from '@auth/core/jwt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../docs/markdown.ts'
import { eventually } from '../support/processes.ts'
import { Browser, clients, connect, logouts, type RecipeName } from './clients.ts'
import { authSecret, type Machine, startWorld, type World } from './world.ts'

let world: World
let expired: string
let future: string

beforeAll(async () => {
  world = await startWorld()
  expired = await issue({ expiresIn: '1s' })
  future = (await world.hasty.issue({ subject: 'alice', expiresIn: '5m' })).access_token
  await eventually(async () =>
    expect(world.tokens.verify(expired)).rejects.toMatchObject({ code: 'ERR_TOKEN_EXPIRED' }),
  )
})

afterAll(() => world.end())

async function issue(options: { expiresIn?: string } = {}): Promise<string> {
  const { access_token: token } = await world.tokens.issue({ subject: 'alice', expiresIn: '2m', ...options })
  return token
}

const jtiOf = async (token: string) => String((await world.tokens.verify(token)).jti)

const names = Object.keys(clients) as RecipeName[]

describe.each(names)('the recipe for %s', name => {
  const ask = (machine: Machine, token: string) => clients[name](machine[name].recipe, token)
  const askAll = (token: string) =>
    Promise.all([world.right, world.ahead, world.behind].map(machine => ask(machine, token)))

  it('lets a fresh token pass, whatever the clock of the server shows', async () => {
    const accepted = { status: 200, sub: 'alice' }
    expect(await askAll(await issue())).toEqual([accepted, accepted, accepted])
  })

  it('refuses an expired token, whatever the clock of the server shows', async () => {
    const refused = { status: 401, code: 'ERR_TOKEN_EXPIRED', culprit: 'none', byMs: expect.any(Number) }
    expect(await askAll(expired)).toEqual([refused, refused, refused])
  })

  it('says of a token from the future by how much, and whose clock is wrong', async () => {
    for (const machine of [world.right, world.behind]) {
      const { byMs, ...refusal } = await ask(machine, future)
      expect(refusal).toEqual({ status: 401, code: 'ERR_TOKEN_NOT_YET_VALID', culprit: 'issuer' })
      expect(byMs).toBeGreaterThan(60_000)
      expect(byMs).toBeLessThanOrEqual(150_000)
    }
    // This one has no clock to contradict the issuer's with; how old the token is, the store has measured.
    expect(await ask(world.ahead, future)).toEqual({ status: 200, sub: 'alice' })
  })

  it('refuses a revoked token on every server', async () => {
    const token = await issue()
    for (const answer of await askAll(token)) expect(answer.status).toBe(200)
    await world.tokens.revoke(await jtiOf(token))
    const refused = { status: 401, code: 'ERR_TOKEN_REVOKED' }
    await eventually(async () => expect(await askAll(token)).toEqual([refused, refused, refused]), 2000)
  })

  it('refuses a token for another audience', async () => {
    const { access_token: token } = await world.elsewhere.issue({ subject: 'alice', expiresIn: '2m' })
    const refused = { status: 401, code: 'ERR_TOKEN_CLAIM' }
    expect(await askAll(token)).toEqual([refused, refused, refused])
  })

  it('refuses a token that somebody has changed', async () => {
    const [head, , signature] = (await issue()).split('.')
    const [, claims] = (await issue()).split('.')
    const refused = { status: 401, code: 'ERR_TOKEN_SIGNATURE' }
    expect(await ask(world.right, `${head}.${claims}.${signature}`)).toEqual(refused)
  })
})

describe('a store that cannot be asked', () => {
  it('is a 503 with Retry-After in each of them, and nobody is logged out', async () => {
    const token = await issue()
    world.redis.signal('SIGSTOP')
    try {
      await eventually(async () => {
        const answers = await Promise.all(names.map(name => clients[name](world.right[name].recipe, token)))
        const unavailable = { status: 503, code: 'ERR_STORE_UNAVAILABLE', retryAfter: '1' }
        expect(answers).toEqual(names.map(() => unavailable))
      })
      const browser = new Browser(world.right['auth-js'].recipe)
      browser.session = token
      const answer = await browser.get('/auth/session')
      expect([answer.status, answer.headers.get('retry-after'), browser.session]).toEqual([503, '1', token])
      const visitor = new Browser(world.right['auth-js'].recipe)
      const form = { username: 'alice', password: 'open sesame' }
      const login = await visitor.post('/auth/callback/credentials', form)
      expect([login.status, visitor.session]).toEqual([302, undefined])
      expect(login.headers.get('location')).toMatch(/\/auth\/error\?/)
    } finally {
      world.redis.signal('SIGCONT')
    }
    await eventually(async () => {
      const answers = await Promise.all(names.map(name => clients[name](world.right[name].recipe, token)))
      expect(answers).toEqual(names.map(() => ({ status: 200, sub: 'alice' })))
    })
  })
})

describe('a store that cannot be asked to revoke', () => {
  const logoutNames = Object.keys(logouts) as (keyof typeof logouts)[]

  it('is a 503, too, ends no connection, and no server', async () => {
    const token = await issue()
    const known = () => Promise.all(names.map(name => clients[name](world.right[name].recipe, token)))
    for (const { status } of await known()) expect(status).toBe(200)
    const connection = connect(world.right['socket-io'].recipe, token)
    await connection.emitWithAck('whoami')
    const refusal = new Promise(resolve => connection.once('refused', resolve))
    world.redis.signal('SIGSTOP')
    try {
      connection.emit('logout')
      const answers = await Promise.all(
        logoutNames.map(name => logouts[name](world.right[name].recipe, token)),
      )
      const unavailable = { status: 503, code: 'ERR_STORE_UNAVAILABLE', retryAfter: '1' }
      expect(answers).toEqual(logoutNames.map(() => unavailable))
      expect(await refusal).toMatchObject({ status: 503, code: 'ERR_STORE_UNAVAILABLE' })
      expect(connection.connected).toBe(true)
    } finally {
      world.redis.signal('SIGCONT')
      connection.disconnect()
    }
    await eventually(async () => {
      const fresh = await issue()
      const answers = await Promise.all(names.map(name => clients[name](world.right[name].recipe, fresh)))
      expect(answers).toEqual(names.map(() => ({ status: 200, sub: 'alice' })))
    })
  })
})

describe('a batch of tRPC', () => {
  it('tells in its headers why a call was refused, though another one failed before it', async () => {
    const answer = await fetch(`${world.right.trpc.recipe}/nothing,me?batch=1&input=%7B%7D`)
    expect(answer.status).toBe(207)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="skewproof"')
  })
})

describe('an open connection of socket.io', () => {
  it('ends when its token expires', async () => {
    // On a busy machine it may have expired before it is there.
    const codeAfter = async (seconds: number): Promise<string> => {
      const connection = connect(world.right['socket-io'].recipe, await issue({ expiresIn: `${seconds}s` }))
      const code = await new Promise<string | undefined>((resolve, reject) => {
        connection.on('connect_error', (error: Error & { data?: { code?: string } }) =>
          error.data?.code === 'ERR_TOKEN_EXPIRED' ? resolve(undefined) : reject(error),
        )
        let last = ''
        connection.on('refused', ({ code }) => {
          last = code
        })
        connection.on('disconnect', () => resolve(last))
      }).finally(() => connection.disconnect())
      return code ?? codeAfter(2 * seconds)
    }
    expect(await codeAfter(2)).toBe('ERR_TOKEN_EXPIRED')
  })

  it('ends no server by what it sends', async () => {
    const connection = connect(world.right['socket-io'].recipe, await issue())
    try {
      await connection.emitWithAck('whoami')
      connection.emit('whoami')
      connection.emit('whoami', 'not a function')
      connection.emit('logout', null, {})
      await new Promise(resolve => connection.on('disconnect', resolve))
    } finally {
      connection.disconnect()
    }
    expect(await clients['socket-io'](world.right['socket-io'].recipe, await issue())).toEqual({
      status: 200,
      sub: 'alice',
    })
  })

  it('ends with its token, also when it only listens', async () => {
    const token = await issue()
    const connections = [world.right, world.ahead, world.behind].map(machine =>
      connect(machine['socket-io'].recipe, token),
    )
    const [first] = connections
    try {
      const ends = connections.map(
        connection =>
          new Promise(resolve => {
            connection.on('refused', ({ code }) => connection.on('disconnect', () => resolve(code)))
          }),
      )
      const answers = connections.map(connection => connection.emitWithAck('whoami'))
      expect(await Promise.all(answers)).toEqual([{ sub: 'alice' }, { sub: 'alice' }, { sub: 'alice' }])
      first?.emit('logout')
      expect(await Promise.all(ends)).toEqual(connections.map(() => 'ERR_TOKEN_REVOKED'))
    } finally {
      for (const connection of connections) connection.disconnect()
    }
  })
})

/** Signs in at a server of Auth.js, as its page does. */
async function signIn(origin: string): Promise<Browser> {
  const browser = new Browser(origin)
  await browser.post('/auth/callback/credentials', { username: 'alice', password: 'open sesame' })
  expect(browser.session).toBeTypeOf('string')
  return browser
}

/** Who Auth.js says that a browser belongs to. */
async function sessionAt(origin: string, session: string | undefined): Promise<string | null> {
  const browser = new Browser(origin)
  browser.session = session ?? ''
  const body = (await (await browser.get('/auth/session')).json()) as { user?: { name?: string } } | null
  return body?.user?.name ?? null
}

describe('a session of Auth.js', () => {
  it('is good on every server, keeps its token, and ends everywhere when its user signs out', async () => {
    const browser = await signIn(world.behind['auth-js'].recipe)
    const { session } = browser
    const everywhere = () =>
      Promise.all(
        [world.right, world.ahead, world.behind].map(machine =>
          sessionAt(machine['auth-js'].recipe, session),
        ),
      )
    expect(await everywhere()).toEqual(['alice', 'alice', 'alice'])
    await browser.get('/auth/session')
    expect(browser.session).toBe(session)
    await browser.post('/auth/signout')
    expect(browser.session).toBeUndefined()
    await eventually(async () => expect(await everywhere()).toEqual([null, null, null]), 2000)
  })
})

describe('what the frameworks do without it', () => {
  const verdict = (accepted: boolean) => (accepted ? 'accepted' : 'refused')

  /** Of a fresh token on the server that is ahead, a dead one on the one that is behind, and a revoked one. */
  async function outcomes(name: RecipeName): Promise<readonly string[]> {
    if (name === 'auth-js') return sessionOutcomes()
    const fresh = await issue()
    const revoked = await issue()
    await world.tokens.revoke(await jtiOf(revoked))
    const ask = async (machine: Machine, token: string) => {
      const { status } = await clients[name](machine[name].usual, token)
      return verdict(status === 200)
    }
    expect(await ask(world.right, fresh)).toBe('accepted')
    return [await ask(world.ahead, fresh), await ask(world.behind, expired), await ask(world.right, revoked)]
  }

  async function sessionOutcomes(): Promise<readonly string[]> {
    const session = (maxAge: number) =>
      encode({ token: { name: 'alice' }, secret: authSecret, salt: 'authjs.session-token', maxAge })
    const browser = await signIn(world.right['auth-js'].usual)
    const ended = browser.session
    await browser.post('/auth/signout')
    const ask = async (machine: Machine, cookie: string | undefined) =>
      verdict((await sessionAt(machine['auth-js'].usual, cookie)) !== null)
    return [
      await ask(world.ahead, await session(120)),
      await ask(world.behind, await session(-60)),
      await ask(world.right, ended),
    ]
  }

  it('is what docs/recipes.md says', async () => {
    const page = readFileSync(join(root, 'docs/recipes.md'), 'utf8')
    for (const name of names) {
      const [fresh, dead, revoked] = await outcomes(name)
      const [row = ''] = page.split('\n').filter(line => line.startsWith(`| [${name}](#`))
      expect(row).toContain(`| ${fresh} | ${dead} | ${revoked} |`)
    }
  })
})
