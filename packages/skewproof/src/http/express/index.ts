import type { Request } from 'express'
import type { TokenClaims as StandardClaims } from '../../tokens/claims.ts'
import { requireClock } from '../../tokens/options.ts'
import type { VerifiedToken } from '../../tokens/verifier.ts'
import { noteArrival } from '../arrivals.ts'
import { createGuard } from '../guard.ts'
import {
  isOver,
  type NodeRequest,
  type NodeResponse,
  nodeFields,
  sendRefusal,
  stampHead,
} from '../node/message.ts'
import type { ClockOptions, TokenOptions } from '../options.ts'

export { HttpError } from '../http-error.ts'
export { clockEndpoint, health } from '../node/index.ts'
export type { ClockOptions, TokenOptions, TokenPlace } from '../options.ts'

declare global {
  namespace Express {
    /** The claims of `request.token`: an application may declare its own ones here. */
    interface TokenClaims extends StandardClaims {}

    interface Request {
      /** Set by `requireToken`; `undefined` where that has not run, or where no token is needed and none was sent. */
      token?: VerifiedToken<TokenClaims> | undefined
    }
  }
}

/** What a handler sees of the request, without a say in the types of its parameters, query and body. */
type TokenRequest = NodeRequest & Pick<Express.Request, 'token'>

type Next = (error?: unknown) => void

/**
 * Middleware that lets only requests with a good token pass, and puts it into `request.token`.
 *
 * ```ts
 * app.get('/me', requireToken({ tokens }), (req, res) => res.json(req.token?.claims))
 * ```
 *
 * What `from` throws goes to `next`; with `refusals: 'pass'` so do refusals, as an `HttpError`.
 *
 * @throws OptionError when an option cannot be used
 */
export function requireToken(
  options: TokenOptions<Express.TokenClaims, Request, boolean>,
): (request: TokenRequest, response: NodeResponse, next: Next) => void {
  const guard = createGuard(options)
  return (request, response, next) => {
    // It is Express that calls, with its own request; the narrower type leaves the route's inference alone.
    guard(nodeFields(request), request as Request)
      .then(admission => {
        if (isOver(response)) return
        if (admission.refusal === undefined) {
          request.token = admission.token
          next()
        } else if (admission.isPassed) next(admission.refusal)
        else sendRefusal(response, admission.refusal)
      })
      .catch(next)
  }
}

/**
 * Middleware that has every response tell in `X-Server-Time` when its head was sent, and expose that to pages of other
 * origins. It goes first.
 *
 * @throws OptionError when there is no clock
 */
export function serverTime(
  options: ClockOptions,
): (request: NodeRequest, response: NodeResponse, next: Next) => void {
  const clock = requireClock(options.clock)
  return (request, response, next) => {
    noteArrival(request, clock)
    stampHead(response, clock)
    next()
  }
}
