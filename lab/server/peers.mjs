import { randomUUID } from 'node:crypto'
import { createClient } from '@redis/client'
import { jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { plainIssuer, sharedSecrets } from './keys.mjs'

/** How long the textbook pattern keeps a record beyond the token's life. */
const recordToleranceSeconds = 60
const textbookToleranceSeconds = 30

/**
 * What most teams write: `jsonwebtoken` and `jose` with a secret from the configuration, and Redis for those who revoke.
 *
 * @param {import('express').Express} app
 * @param {import('./server.mjs').Settings} settings
 * @returns {Promise<() => void>} ends what they need
 */
export async function addPeers(app, settings) {
  const secrets = sharedSecrets(settings)
  const redis = createClient({ url: settings.textbookRedis, disableOfflineQueue: true })
  redis.on('error', () => {})
  if (!settings.isIssuer) await redis.connect()

  /** @param {import('express').Request} request */
  function issue({ body: { lifetimeSeconds, notBefore } }) {
    const secret = secrets.newest()
    const jti = randomUUID()
    const token = jsonwebtoken.sign({ sub: 'alice' }, secret.value, {
      expiresIn: lifetimeSeconds,
      issuer: plainIssuer,
      jwtid: jti,
      keyid: secret.kid,
      ...(notBefore && { notBefore: 0 }),
    })
    const { exp = 0 } = /** @type {import('jsonwebtoken').JwtPayload} */ (jsonwebtoken.decode(token))
    return { token, jti, livesForMs: exp * 1000 - Date.now() }
  }

  /** @param {string} token @param {number} clockTolerance */
  function verify(token, clockTolerance) {
    const { header } = jsonwebtoken.decode(token, { complete: true }) ?? {}
    return jsonwebtoken.verify(token, secrets.find(header?.kid), { clockTolerance, algorithms: ['HS256'] })
  }

  app.post('/plain/login', (request, response) => void response.json(issue(request)))

  for (const [name, tolerance] of /** @type {const} */ ([
    ['jsonwebtoken', 0],
    ['jsonwebtoken-30s', 30],
    ['jsonwebtoken-60s', 60],
  ])) {
    app.get(
      `/${name}/me`,
      answer(async token => verify(token, tolerance)),
    )
  }

  for (const [name, options] of /** @type {const} */ ([
    ['jose', {}],
    ['jose-max-age', { maxTokenAge: settings.maxTokenAgeSeconds }],
  ])) {
    app.get(
      `/${name}/me`,
      answer(token =>
        jwtVerify(token, ({ kid }) => new TextEncoder().encode(secrets.find(kid)), {
          ...options,
          algorithms: ['HS256'],
        }),
      ),
    )
  }

  app.post('/textbook/login', async (request, response) => {
    const issued = issue(request)
    await redis.setEx(`token:${issued.jti}`, request.body.lifetimeSeconds + recordToleranceSeconds, 'alice')
    response.json(issued)
  })
  app.post('/textbook/logout', async (request, response) => {
    await redis.del(`token:${request.body.jti}`)
    response.json({ revoked: true })
  })
  app.get(
    '/textbook/me',
    answer(async token => {
      const { jti } = /** @type {import('jsonwebtoken').JwtPayload} */ (
        verify(token, textbookToleranceSeconds)
      )
      let record
      try {
        record = await redis.get(`token:${jti}`)
      } catch {
        throw new Unavailable()
      }
      if (record === null) throw new Error('jwt revoked')
    }),
  )
  return () => redis.destroy()
}

/** Redis cannot be asked. */
class Unavailable extends Error {}

/**
 * @param {(token: string) => Promise<unknown>} verify
 * @returns {import('express').RequestHandler}
 */
function answer(verify) {
  return async (request, response) => {
    try {
      await verify((request.headers.authorization ?? '').slice('Bearer '.length))
      response.json({ sub: 'alice' })
    } catch (error) {
      const status = error instanceof Unavailable ? 500 : 401
      response.status(status).json({ error: error instanceof Error ? error.message : 'refused' })
    }
  }
}
