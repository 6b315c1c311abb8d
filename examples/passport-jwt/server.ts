import express, { type ErrorRequestHandler, type Request } from 'express'
import passport from 'passport'
import { TokenError } from 'skewproof'
import { HttpError, serverTime } from 'skewproof/express'
import { createGuard, nodeFields, refusedToken } from 'skewproof/http'
import { type Claims, clock, tokens } from '../tokens.js'

declare global {
  namespace Express {
    interface User extends Claims {}
  }
}

const guard = createGuard({ tokens })

/** In the place of passport-jwt's: it goes by the same name, so that no route changes. */
class TokenStrategy extends passport.Strategy {
  override name = 'jwt'

  override async authenticate(req: Request) {
    try {
      const admission = await guard(nodeFields(req), req)
      if (admission.refusal === undefined) this.success(admission.token.claims)
      // Without a token another strategy has its turn; a token that is refused is nobody else's.
      else if (admission.refusal.code === 'ERR_TOKEN_MISSING') {
        this.fail(admission.refusal.headers['www-authenticate'])
      } else this.error(admission.refusal)
    } catch (error) {
      this.error(error)
    }
  }
}

passport.use(new TokenStrategy())

const onError: ErrorRequestHandler = (error, _req, res, next) => {
  // What is to be revoked may meet a store that cannot be asked.
  const refusal = error instanceof TokenError ? refusedToken(error) : error
  if (!(refusal instanceof HttpError)) return next(error)
  res.status(refusal.status).set(refusal.headers).type('application/problem+json').json(refusal.problem)
}

const app = express()
app.use(serverTime({ clock }))
app.get('/me', passport.authenticate('jwt', { session: false }), (req, res) => {
  res.json({ sub: req.user?.sub, tenant: req.user?.tenant })
})
app.post('/logout', passport.authenticate('jwt', { session: false }), async (req, res) => {
  await tokens.revoke(String(req.user?.jti))
  res.sendStatus(204)
})
app.use(onError)

export const server = app.listen(Number(process.env.PORT ?? 3000))
