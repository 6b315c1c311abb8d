import { setMaxListeners } from 'node:events'
import { beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../../test/support/processes.ts'
import { generateKey, signJws } from '../../src/tokens/index.ts'
import { type Received, type Send, type Sent, sendHttp1 } from './send.ts'
import { createWorld, nowSeconds, type World } from './world.ts'

export interface Adapter {
  /** Starts the application under test, which ends with the test, and gives its address. */
  start(world: World): Promise<string>
  send?: Send
  /** Several fields of one name arrive as one. */
  joinsFields?: boolean
  /** Whether handlers run for a caller who is gone: some frameworks do not tell. */
  admitsTheGone?: boolean
}

/** What every adapter must do, asked of a real server by real HTTP. */
export function describeAdapter(name: string, adapter: Adapter): void {
  const { send = sendHttp1, joinsFields = false, admitsTheGone = false } = adapter

  describe(name, () => {
    let world: World
    let url: string

    beforeEach(async () => {
      world = createWorld()
      url = await adapter.start(world)
    })

    const get = (path: string, headers: Sent['headers'] = {}): Promise<Received> =>
      send(url + path, { headers })
    const bearer = (claims: Record<string, unknown> = {}) => ({
      authorization: `Bearer ${world.sign(claims)}`,
    })
    const jsonOf = ({ text }: Received): Record<string, unknown> => JSON.parse(text)

    /** What matters of a refusal. */
    const refusalOf = (received: Received) => {
      expect(received.headers['content-type']).toMatch(/^application\/problem\+json/)
      // Middleware may have allowed caches to keep what the handler answers.
      expect(received.headers['cache-control']).toBe('no-store')
      const body = jsonOf(received)
      expect(body).toMatchObject({ status: received.status, type: 'about:blank' })
      return [received.status, body['code'], received.headers['www-authenticate']]
    }

    describe('lets pass', () => {
      it.each(['Bearer ', 'bearer ', 'BEARER  ', 'Bearer\t'])('a good token after %j', async scheme => {
        const received = await get('/me', { authorization: `${scheme}${world.sign()}` })
        expect([received.status, received.text]).toEqual([200, '{"sub":"alice"}'])
      })

      it('a token with all scopes, and one with the audience', async () => {
        expect((await get('/scoped', bearer({ scope: 'write other read' }))).status).toBe(200)
        expect((await get('/audience', bearer({ aud: ['api', 'admin'] }))).status).toBe(200)
      })

      it('a token in a cookie, in either place, in what a function finds', async () => {
        const token = world.sign()
        expect((await get('/cookie', { cookie: `a=b; session=${token}; c=d` })).status).toBe(200)
        expect((await get('/cookie', { cookie: `session="${token}"` })).status).toBe(200)
        expect((await get('/either', { cookie: `session=${token}` })).status).toBe(200)
        expect((await get('/either', { authorization: `Bearer ${token}` })).status).toBe(200)
        expect((await get(`/query?token=${token}`)).status).toBe(200)
      })

      it('nobody in particular, where that is optional', async () => {
        expect((await get('/optional')).text).toBe('{"sub":null}')
        expect((await get('/optional', bearer())).text).toBe('{"sub":"alice"}')
      })
    })

    describe('refuses by RFC 6750', () => {
      it.each([
        [{}],
        [{ authorization: 'Basic YTpi' }],
        [{ authorization: 'Bearer' }],
        [{ authorization: 'Bearerx y' }],
        [{ cookie: 'session=x' }],
      ])('without an error when no token was sent: %j', async headers => {
        const challenge = 'Bearer realm="skewproof"'
        expect(refusalOf(await get('/me', headers))).toEqual([401, 'ERR_TOKEN_MISSING', challenge])
      })

      it.each(['Bearer a b', 'Bearer "a"', 'Bearer a,b', 'Bearer a=b', 'Bearer token="a"'])(
        'what is no request: %s',
        async authorization => {
          expect(refusalOf(await get('/me', { authorization }))).toEqual([
            400,
            'ERR_REQUEST',
            'Bearer realm="skewproof", error="invalid_request", ' +
              'error_description="the Authorization header holds other than one bearer token"',
          ])
        },
      )

      it('several Authorization headers, though each is good', async () => {
        const good = bearer().authorization
        const [status, code] = refusalOf(await get('/me', { authorization: [good, good] }))
        expect([status, code]).toEqual([400, 'ERR_REQUEST'])
        const mixed = await get('/me', { authorization: ['Basic YTpi', good] })
        expect(mixed.status).toBe(joinsFields ? 401 : 400)
      })

      it('tokens in more than one place', async () => {
        const token = world.sign()
        const twice = { authorization: `Bearer ${token}`, cookie: `session=${token}` }
        expect(refusalOf(await get('/either', twice)).slice(0, 2)).toEqual([400, 'ERR_REQUEST'])
        const cookies = { cookie: `session=${token}; session=${token}` }
        expect(refusalOf(await get('/cookie', cookies)).slice(0, 2)).toEqual([400, 'ERR_REQUEST'])
        expect((await get('/cookie', { authorization: `Bearer ${token}` })).status).toBe(401)
      })

      it('a forged token, without telling what was wrong with it', async () => {
        const other = generateKey('EdDSA')
        const payload = Buffer.from(world.sign().split('.')[1] ?? '', 'base64url')
        const [head = '', body = '', signature = ''] = world.sign().split('.')
        const forged = [
          signJws(other, payload, 'JWT'),
          `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
        ]
        const answers = await Promise.all(
          forged.map(token => get('/me', { authorization: `Bearer ${token}` })),
        )
        expect(answers[0]?.text).toBe(answers[1]?.text)
        for (const answer of answers) {
          expect(refusalOf(answer)).toEqual([
            401,
            'ERR_TOKEN_SIGNATURE',
            'Bearer realm="skewproof", error="invalid_token", error_description="the token is not one of this issuer"',
          ])
        }
      })

      it('a token without the scopes, or the audience', async () => {
        expect(refusalOf(await get('/scoped', bearer({ scope: 'read writer' })))).toEqual([
          403,
          'ERR_SCOPE',
          String.raw`Bearer realm="a \"quoted\" \\ realm", error="insufficient_scope", ` +
            'error_description="the token lacks the scope read write", scope="read write"',
        ])
        expect(refusalOf(await get('/audience', bearer())).slice(0, 2)).toEqual([403, 'ERR_AUDIENCE'])
      })

      it('for any method; HEAD without a body', async () => {
        const received = await send(`${url}/me`, { method: 'HEAD' })
        expect([received.status, received.text]).toEqual([401, ''])
        expect(received.headers['www-authenticate']).toBe('Bearer realm="skewproof"')
      })

      it('with 503 when the store cannot be asked: nobody is logged out', async () => {
        const received = await get('/broken', bearer())
        expect(refusalOf(received)).toEqual([503, 'ERR_STORE_UNAVAILABLE', undefined])
        // Seconds to wait, whole, and no instant that the caller would compare with its own clock.
        expect(received.headers['retry-after']).toBe('3')
      })

      it('a bad token even where none is needed', async () => {
        expect((await get('/optional', { authorization: 'Bearer x' })).status).toBe(401)
      })

      it('by the framework’s own error handling, when told to', async () => {
        const received = await get('/passed')
        expect([received.status, received.headers['x-caught']]).toEqual([401, 'ERR_TOKEN_MISSING'])
        expect((await get('/passed', bearer())).status).toBe(200)
      })
    })

    it('fails on a defect of the application, tells nothing of it, and lives on', async () => {
      const received = await get('/query?fail')
      expect(received.status).toBe(500)
      expect(JSON.stringify(received)).not.toContain('secret-of-the-application')
      expect((await get('/me', bearer())).status).toBe(200)
    })

    describe('judges time', () => {
      it.each([
        ['1 s before exp', nowSeconds + 1, 200],
        ['at exp', nowSeconds, 401],
        ['1 s after exp', nowSeconds - 1, 401],
      ])('%s', async (_when, exp, status) => {
        const received = await get('/me', bearer({ iat: nowSeconds - 60, exp }))
        expect(received.status).toBe(status)
        if (status === 401) {
          expect(jsonOf(received)).toMatchObject({
            code: 'ERR_TOKEN_EXPIRED',
            claim: 'exp',
            byMs: (nowSeconds - exp) * 1000,
            culprit: 'none',
          })
        }
      })

      it.each([
        ['exp', -4, 200],
        ['exp', -5, 401],
        ['nbf', 5, 200],
        ['nbf', 6, 401],
        ['iat', 5, 200],
        ['iat', 6, 401],
      ])(
        'by one tolerance for all claims: %s %d s from now, where 5 s are tolerated',
        async (claim, s, status) => {
          const headers = bearer({ iat: nowSeconds - 60, [claim]: nowSeconds + s })
          expect((await get('/tolerant', headers)).status).toBe(status)
          // What the verifier has seen, it judges by the same rule.
          expect((await get('/tolerant', headers)).status).toBe(status)
        },
      )

      it('in seconds: what an issuer wrote in milliseconds lies in the future', async () => {
        const inMs = { iat: nowSeconds * 1000, exp: (nowSeconds + 60) * 1000 }
        const received = await get('/tolerant', bearer(inMs))
        expect(refusalOf(received).slice(0, 2)).toEqual([401, 'ERR_TOKEN_NOT_YET_VALID'])
      })

      it('again on each request, however well the token is known', async () => {
        const headers = bearer()
        expect((await get('/me', headers)).status).toBe(200)
        world.clock.advance(59_999)
        expect((await get('/me', headers)).status).toBe(200)
        world.clock.advance(1)
        expect((await get('/me', headers)).status).toBe(401)
      })

      it('and tells by how much, and whose clock is wrong', async () => {
        const received = await get('/me', bearer({ iat: nowSeconds + 150, exp: nowSeconds + 300 }))
        expect(refusalOf(received)).toEqual([
          401,
          'ERR_TOKEN_NOT_YET_VALID',
          'Bearer realm="skewproof", error="invalid_token", error_description="the token\'s \'iat\' lies in the future, ' +
            'by 2m 30s more than is tolerated; the issuer\'s clock is ahead"',
        ])
        expect(jsonOf(received)).toMatchObject({ claim: 'iat', byMs: 150_000, culprit: 'issuer' })
      })

      it('on one reading of the clock', async () => {
        const readingsFor = async (headers: Sent['headers']) => {
          const before = world.clock.readings
          await get('/me', headers)
          return world.clock.readings - before
        }
        const headers = bearer()
        const without = await readingsFor({})
        expect(await readingsFor(headers)).toBe(without + 1)
        expect(await readingsFor(headers)).toBe(without + 1)
      })

      it('and knows at once what was revoked', async () => {
        const { access_token: token, jti } = await world.tokens.issue({ subject: 'alice' })
        const headers = { authorization: `Bearer ${token}` }
        expect((await get('/revocable', headers)).status).toBe(200)
        await world.tokens.revoke(jti)
        expect(refusalOf(await get('/revocable', headers)).slice(0, 2)).toEqual([401, 'ERR_TOKEN_REVOKED'])
      })
    })

    it('repeats no token in what it answers', async () => {
      const token = world.sign({ exp: nowSeconds, iat: nowSeconds - 9 })
      const parts = token.split('.')
      for (const path of ['/me', '/scoped', '/optional', '/broken', '/passed', `/query?token=${token}`]) {
        const answer = JSON.stringify(await get(path, { authorization: `Bearer ${token}` }))
        expect(parts.filter(part => answer.includes(part))).toEqual([])
      }
    })

    it('keeps apart what is asked at once', async () => {
      const asked = Array.from({ length: 300 }, (_, index) => ({
        sub: `user-${index}`,
        exp: index % 3 === 0 ? nowSeconds - 1 : nowSeconds + 60,
        iat: nowSeconds - 60,
      }))
      const received = await Promise.all(asked.map(claims => get('/me', bearer(claims))))
      expect(received.map(({ status, text }) => (status === 200 ? JSON.parse(text).sub : status))).toEqual(
        asked.map(({ sub }, index) => (index % 3 === 0 ? 401 : sub)),
      )
    })

    it('survives callers who leave while their token is verified', async () => {
      const leaving = new AbortController()
      setMaxListeners(0, leaving.signal)
      const requests = Array.from({ length: 20 }, () =>
        send(`${url}/slow`, { headers: bearer(), signal: leaving.signal }).catch(() => 'gone'),
      )
      await eventually(async () => expect(world.waiting).toBe(20))
      leaving.abort()
      expect(await Promise.all(requests)).toEqual(Array.from({ length: 20 }, () => 'gone'))
      if (!admitsTheGone) await eventually(async () => expect(world.gone).toBe(20))
      world.release()
      expect((await get('/me', bearer())).status).toBe(200)
      expect(world.admitted).toBe(admitsTheGone ? 20 : 0)
    })

    describe('tells the time', () => {
      const timeOf = ({ headers }: Received) => Date.parse(headers['x-server-time'] ?? '')

      it.each(['/me', '/health', '/nowhere', '/passed', '/query?fail'])('in every answer: %s', async path => {
        const { headers } = await get(path)
        expect(headers['x-server-time']).toBe('2027-01-15T08:00:00.000Z')
        expect(headers['access-control-expose-headers']).toBe('X-Server-Time, Date, Age, Retry-After')
      })

      it('at which the head is sent, and not at which the request came', async () => {
        expect(timeOf(await get('/late'))).toBe(nowSeconds * 1000 + 5000)
      })

      it('besides what the application exposes to pages', async () => {
        const { headers } = await get('/exposing')
        expect(headers['access-control-expose-headers']).toBe(
          'X-Total, date, X-Server-Time, Age, Retry-After',
        )
        expect(headers['x-total']).toBe('7')
      })

      it('to pages, though their requests are refused; a preflight reaches what answers it', async () => {
        const origin = { origin: 'https://page.test' }
        const preflight = await send(`${url}/me`, {
          method: 'OPTIONS',
          headers: { ...origin, 'access-control-request-method': 'GET' },
        })
        expect(preflight.status).toBe(204)
        const refused = await get('/me', origin)
        expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([
          401,
          'https://page.test',
        ])
      })

      it('in /health', async () => {
        world.clock.set({ errorMs: 2.5 })
        const received = await get('/health')
        expect([received.status, received.headers['cache-control']]).toEqual([200, 'no-store'])
        expect(jsonOf(received)).toEqual({
          status: 'ok',
          serverTime: '2027-01-15T08:00:00.000Z',
          serverTimestamp: nowSeconds * 1000,
          ntpOffset: 1500,
          clock: { status: 'synchronized', errorMs: 2.5, wallOffsetMs: 1500 },
        })
        world.clock.set({ status: 'unsynchronized', errorMs: Number.POSITIVE_INFINITY })
        expect(jsonOf(await get('/health'))).toMatchObject({
          ntpOffset: null,
          clock: { status: 'unsynchronized', errorMs: null, wallOffsetMs: null },
        })
      })

      it('in /clock: when the request came, and when the answer was sent', async () => {
        world.clock.set({ errorMs: 2.5 })
        const receivedAtMs = nowSeconds * 1000
        const received = await get('/clock')
        expect(received.headers['cache-control']).toBe('no-store')
        expect(jsonOf(received)).toEqual({
          receivedAtMs,
          sentAtMs: receivedAtMs,
          errorMs: 2.5,
          status: 'synchronized',
        })
        expect(jsonOf(await get('/late/clock'))).toMatchObject({
          receivedAtMs,
          sentAtMs: receivedAtMs + 5000,
        })
      })
    })
  })
}
