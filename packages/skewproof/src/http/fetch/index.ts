import type { TokenClaims } from '../../tokens/claims.ts'
import { requireClock } from '../../tokens/options.ts'
import { arrivalOf, noteArrival } from '../arrivals.ts'
import { type Admitted, createGuard } from '../guard.ts'
import type { ClockOptions, TokenOptions } from '../options.ts'
import { clockBody, healthBody, type WallAwareClock } from '../time.ts'
import { headerFields, jsonResponse, stamped } from './response.ts'

export type { Admitted } from '../guard.ts'
export { HttpError } from '../http-error.ts'
export type { ClockOptions, TokenOptions, TokenPlace } from '../options.ts'
export type { ClockBody, HealthBody } from '../time.ts'

/** A handler of the Fetch standard, with what its runtime passes along (an environment, a context). */
export type Handler<Rest extends readonly unknown[], Result> = (request: Request, ...rest: Rest) => Result

/**
 * A handler that lets only requests with a good token through to `handler`, and gives it the token.
 *
 * ```ts
 * export default { fetch: requireToken({ tokens }, (request, token) => Response.json(token.claims)) }
 * ```
 *
 * It rejects with what `from` or `handler` throws; with `refusals: 'pass'` with refusals, too, as an `HttpError`.
 *
 * @throws OptionError when an option cannot be used
 */
export function requireToken<
  Claims extends TokenClaims,
  Rest extends readonly unknown[],
  Optional extends boolean = false,
>(
  options: TokenOptions<Claims, Request, Optional>,
  handler: (
    request: Request,
    token: Admitted<Claims, Optional>,
    ...rest: Rest
  ) => Response | Promise<Response>,
): Handler<Rest, Promise<Response>> {
  const guard = createGuard(options)
  return async (request, ...rest) => {
    const admission = await guard(headerFields(request.headers), request)
    if (admission.refusal === undefined) return handler(request, admission.token, ...rest)
    if (admission.isPassed) throw admission.refusal
    return admission.refusal.getResponse()
  }
}

/**
 * A handler whose every response tells in `X-Server-Time` when it was handed over to be sent, and exposes that to pages of other
 * origins.
 *
 * @throws OptionError when there is no clock
 */
export function serverTime<Rest extends readonly unknown[]>(
  options: ClockOptions,
  handler: Handler<Rest, Response | Promise<Response>>,
): Handler<Rest, Promise<Response>> {
  const clock = requireClock(options.clock)
  return async (request, ...rest) => {
    noteArrival(request, clock)
    return stamped(await handler(request, ...rest), clock)
  }
}

/**
 * Answers `/health`: that the process works, and what its clock says.
 *
 * @throws OptionError when there is no clock
 */
export function health(options: { clock: WallAwareClock }): () => Response {
  const clock = requireClock(options.clock)
  return () => jsonResponse(healthBody(clock))
}

/**
 * Answers `/clock`, by which others measure this server's clock: when the request arrived (at `serverTime`, where that has the
 * same clock) and when the answer was sent.
 *
 * @throws OptionError when there is no clock
 */
export function clockEndpoint(options: ClockOptions): (request: Request) => Response {
  const clock = requireClock(options.clock)
  return request => {
    const received = arrivalOf(request, clock)
    return jsonResponse(clockBody(clock, received))
  }
}
