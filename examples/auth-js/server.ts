import { ExpressAuth, type ExpressAuthConfig } from '@auth/express'
import Credentials from '@auth/express/providers/credentials'
import express, { type ErrorRequestHandler } from 'express'
import { HttpError, requireToken, serverTime } from 'skewproof/express'
import { clock, tokens } from '../tokens.js'

/** Behind https it is `__Secure-authjs.session-token`. */
const cookie = 'authjs.session-token'

/** Which token a session was read from. */
const origins = new WeakMap<object, string>()

const auth: ExpressAuthConfig = {
  secret: process.env.AUTH_SECRET ?? '',
  trustHost: true,
  session: { strategy: 'jwt', maxAge: 3600 },
  jwt: {
    async encode({ token = {}, maxAge = 3600 }) {
      // Auth.js asks for a new token with each answer. A session keeps the one that it has, so that to revoke that ends it.
      const origin = origins.get(token)
      if (origin !== undefined) return origin
      const { sub = '', name, email, picture } = token
      const claims = { name, email, picture }
      return (await tokens.issue({ subject: sub, expiresIn: maxAge, claims })).access_token
    },
    async decode({ token = '' }) {
      const { claims } = await tokens.verify(token)
      origins.set(claims, token)
      return claims
    },
  },
  events: {
    async signOut(message) {
      if ('token' in message && message.token?.jti !== undefined) await tokens.revoke(message.token.jti)
    },
  },
  providers: [
    Credentials({
      credentials: { username: {}, password: { type: 'password' } },
      // Look your users up here.
      authorize: async ({ username, password }) =>
        password === process.env.PASSWORD ? { id: String(username), name: String(username) } : null,
    }),
  ],
}

/** Auth.js ends a session that it cannot verify. That the store cannot be asked is no reason to. */
const onOutage: ErrorRequestHandler = (error, _req, res, next) => {
  if (!(error instanceof HttpError)) return next(error)
  if (error.status !== 503) return next()
  res.status(503).set(error.headers).type('application/problem+json').json(error.problem)
}

const app = express()
app.use(serverTime({ clock }))
app.use(
  '/auth',
  requireToken({ tokens, from: { cookie }, optional: true, refusals: 'pass' }),
  onOutage,
  ExpressAuth(auth),
)
app.get('/me', requireToken({ tokens, from: { cookie } }), (req, res) => {
  res.json({ sub: req.token?.claims.sub })
})

export const server = app.listen(Number(process.env.PORT ?? 3000))
