import type { Context, Handler, MiddlewareHandler } from 'hono'
import type { TokenClaims } from '../../tokens/claims.ts'
import { requireClock } from '../../tokens/options.ts'
import { arrivalOf, noteArrival } from '../arrivals.ts'
import { headerFields, jsonResponse, stamped } from '../fetch/response.ts'
import { type Admitted, createGuard } from '../guard.ts'
import type { ClockOptions, TokenOptions } from '../options.ts'
import { clockBody, healthBody, type WallAwareClock } from '../time.ts'

export type { Admitted } from '../guard.ts'
export { HttpError } from '../http-error.ts'
export type { ClockOptions, TokenOptions, TokenPlace } from '../options.ts'

/** What `requireToken` puts into the context, for an application's own `Variables`. */
export interface TokenVariables<Claims extends TokenClaims = TokenClaims, Optional extends boolean = false> {
  token: Admitted<Claims, Optional>
}

/**
 * Middleware that lets only requests with a good token pass, and puts it into the context: `c.get('token')`.
 *
 * ```ts
 * app.get('/me', requireToken({ tokens }), c => c.json(c.get('token').claims))
 * ```
 *
 * What `from` throws goes to `app.onError`; with `refusals: 'pass'` so do refusals, as an `HttpError`.
 *
 * @throws OptionError when an option cannot be used
 */
export function requireToken<Claims extends TokenClaims, Optional extends boolean = false>(
  options: TokenOptions<Claims, Context, Optional>,
): MiddlewareHandler<{ Variables: TokenVariables<Claims, Optional> }> {
  const guard = createGuard(options)
  return async (context, next) => {
    const admission = await guard(headerFields(context.req.raw.headers), context)
    if (admission.refusal === undefined) {
      context.set('token', admission.token)
      return next()
    }
    if (admission.isPassed) throw admission.refusal
    return overriding(context, admission.refusal.getResponse())
  }
}

/**
 * Middleware that has every response tell in `X-Server-Time` when it was handed over to be sent, and expose that to pages of
 * other origins. It goes first.
 *
 * @throws OptionError when there is no clock
 */
export function serverTime(options: ClockOptions): MiddlewareHandler {
  const clock = requireClock(options.clock)
  return async (context, next) => {
    noteArrival(context.req.raw, clock)
    await next()
    const response = stamped(context.res, clock)
    if (response !== context.res) context.res = response
  }
}

/**
 * Answers `/health`: that the process works, and what its clock says.
 *
 * @throws OptionError when there is no clock
 */
export function health(options: { clock: WallAwareClock }): Handler {
  const clock = requireClock(options.clock)
  return context => overriding(context, jsonResponse(healthBody(clock)))
}

/**
 * Answers `/clock`, by which others measure this server's clock: when the request arrived (at `serverTime`, where that has the
 * same clock) and when the answer was sent.
 *
 * @throws OptionError when there is no clock
 */
export function clockEndpoint(options: ClockOptions): Handler {
  const clock = requireClock(options.clock)
  return context => {
    const received = arrivalOf(context.req.raw, clock)
    return overriding(context, jsonResponse(clockBody(clock, received)))
  }
}

/** Hono lets fields that middleware has set outlive those of a handler's response: a `Cache-Control` that is meant for other answers. */
function overriding(context: Context, response: Response): Response {
  for (const [name, value] of response.headers) context.header(name, value)
  return response
}
