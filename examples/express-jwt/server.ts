import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { TokenError } from 'skewproof'
import { HttpError, requireToken, serverTime } from 'skewproof/express'
import { refusedToken } from 'skewproof/http'
import { clock, tokens } from '../tokens.js'

declare global {
  namespace Express {
    interface TokenClaims {
      tenant?: string
    }
    interface Request {
      auth?: TokenClaims | undefined
    }
  }
}

/** In the place of `expressjwt({ secret, algorithms })`. */
const authenticate: RequestHandler[] = [
  requireToken({ tokens, refusals: 'pass' }),
  (req, _res, next) => {
    req.auth = req.token?.claims
    next()
  },
]

/** In the place of the one that looked for an `UnauthorizedError`. */
const onError: ErrorRequestHandler = (error, _req, res, next) => {
  // What is to be revoked may meet a store that cannot be asked.
  const refusal = error instanceof TokenError ? refusedToken(error) : error
  if (!(refusal instanceof HttpError)) return next(error)
  res.status(refusal.status).set(refusal.headers).type('application/problem+json').json(refusal.problem)
}

const app = express()
app.use(serverTime({ clock }))
app.get('/me', ...authenticate, (req, res) => {
  res.json({ sub: req.auth?.sub, tenant: req.auth?.tenant })
})
app.post('/logout', ...authenticate, async (req, res) => {
  await tokens.revoke(String(req.auth?.jti))
  res.sendStatus(204)
})
app.use(onError)

export const server = app.listen(Number(process.env.PORT ?? 3000))
