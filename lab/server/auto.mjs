import { createClock, createTokenService, createVerifier, decodeToken, systemHostClock } from 'skewproof'
import { requireToken } from 'skewproof/express'
import { redisStore } from 'skewproof/redis'
import { plainIssuer, sharedKeySource } from './keys.mjs'
import { greet } from './reply.mjs'

/**
 * Skewproof by its defaults: the host's chronyd and the fleet's store for time, and the store for revocation.
 *
 * @param {import('express').Express} app
 * @param {import('./server.mjs').Settings} settings
 * @returns {Promise<() => Promise<void>>} ends what it needs
 */
export async function addAuto(app, settings) {
  const store = redisStore({
    url: settings.autoRedis,
    encryptionKey: Buffer.from(settings.storeKey, 'base64'),
  })
  // Each of the lab's servers stands for a machine of its own, with a clock of its own.
  const host = { ...systemHostClock, bootId: () => settings.name }
  const chronyd = settings.chronyPort === undefined ? [] : [`chrony:127.0.0.1:${settings.chronyPort}`]
  const clock = await createClock({ sources: [...chronyd, store], host })
  const tokens = createTokenService({ issuer: 'https://lab.example', audience: 'api', clock, store, host })

  app.post('/auto/login', async (request, response) => {
    const expiresIn = request.body.lifetimeSeconds
    const { access_token: token, jti } = await tokens.issue({ subject: 'alice', expiresIn })
    const { exp } = decodeToken(token).claims
    response.json({ token, jti, livesForMs: Number(exp) * 1000 - clock.now().timeMs })
  })
  app.post('/auto/logout', async (request, response) => {
    response.json(await tokens.revoke(request.body.jti))
  })
  app.post('/auto/rotate', async (_request, response) => {
    response.json(await tokens.keys.rotate())
  })
  const verifier = createVerifier({
    issuer: plainIssuer,
    audience: null,
    keys: sharedKeySource(settings),
    clock,
  })
  app.get(
    '/auto/me',
    settings.hasForeignIssuer ? requireToken({ verifier }) : requireToken({ tokens }),
    greet,
  )
  app.get('/lab/clock', (_request, response) => {
    const { status, errorMs } = clock.now()
    response.json({
      name: settings.name,
      status,
      errorMs: Number.isFinite(errorMs) ? errorMs : null,
      wallOffsetMs: clock.wallOffsetMs ?? null,
      sources: clock.sources.map(({ name, status, offsetMs }) => ({ name, status, offsetMs })),
    })
  })
  return async () => {
    tokens.close()
    verifier.close()
    clock.close()
    await store.close()
  }
}
