import { OptionError } from '../../time/index.ts'
import type { TokenClaims } from '../../tokens/claims.ts'
import { requireClock } from '../../tokens/options.ts'
import { arrivalOf, noteArrival } from '../arrivals.ts'
import { type Admitted, createGuard } from '../guard.ts'
import { HttpError } from '../http-error.ts'
import type { ClockOptions, TokenOptions } from '../options.ts'
import { clockBody, healthBody, uncached, type WallAwareClock } from '../time.ts'
import {
  isOver,
  type NodeRequest,
  type NodeResponse,
  nodeFields,
  sendJson,
  sendRefusal,
  stampHead,
} from './message.ts'

export type { Admitted } from '../guard.ts'
export { HttpError } from '../http-error.ts'
export type { ClockOptions, TokenOptions, TokenPlace } from '../options.ts'
export type { ClockBody, HealthBody } from '../time.ts'
export type { NodeRequest, NodeResponse } from './message.ts'

/** A listener for requests of `node:http`, `node:https` or `node:http2`. */
export type Listener<Request, Response, Result> = (request: Request, response: Response) => Result

/** What `from` or a verifier throws has nobody above who could be told: `node:http` has no error handling. */
export interface ListenerOptions<Request> {
  /** Hears of what was answered 500. Default: `console.error`. */
  onError?: ((error: unknown, request: Request) => void) | undefined
}

/**
 * A listener that lets only requests with a good token through to `handler`, and gives it the token.
 *
 * ```ts
 * createServer(requireToken({ tokens }, (request, response, token) => response.end(token.claims.sub)))
 * ```
 *
 * What `from` throws is answered 500, and told to `onError` alone; with `refusals: 'pass'` the listener rejects with it, as with
 * refusals. It rejects with what `handler` throws.
 *
 * @throws OptionError when an option cannot be used
 */
export function requireToken<
  Claims extends TokenClaims,
  Request extends NodeRequest,
  Response extends NodeResponse,
  Optional extends boolean = false,
>(
  options: TokenOptions<Claims, Request, Optional> & ListenerOptions<Request>,
  handler: (request: Request, response: Response, token: Admitted<Claims, Optional>) => unknown,
): Listener<Request, Response, Promise<void>> {
  const { onError = error => console.error(error) } = options
  if (typeof onError !== 'function') throw new OptionError('onError', 'use a function of the error')
  const guard = createGuard(options)
  return async (request, response) => {
    const admission = await guard(nodeFields(request), request).catch((error: unknown) => {
      if (options.refusals === 'pass') throw error
      onError(error, request)
      return { refusal: internalError(error), isPassed: false }
    })
    if (isOver(response)) return
    if (admission.refusal === undefined) {
      await handler(request, response, admission.token)
      return
    }
    const { refusal, isPassed } = admission
    if (isPassed) throw refusal
    sendRefusal(response, refusal)
  }
}

/**
 * A listener whose every response tells in `X-Server-Time` when its head was sent, and exposes that to pages of other origins.
 *
 * @throws OptionError when there is no clock
 */
export function serverTime<Request extends NodeRequest, Response extends NodeResponse, Result>(
  options: ClockOptions,
  listener: Listener<Request, Response, Result>,
): Listener<Request, Response, Result> {
  const clock = requireClock(options.clock)
  return (request, response) => {
    noteArrival(request, clock)
    stampHead(response, clock)
    return listener(request, response)
  }
}

/**
 * Answers `/health`: that the process works, and what its clock says.
 *
 * @throws OptionError when there is no clock
 */
export function health(options: { clock: WallAwareClock }): Listener<NodeRequest, NodeResponse, void> {
  const clock = requireClock(options.clock)
  return (_request, response) => sendUncached(response, healthBody(clock))
}

/**
 * Answers `/clock`, by which others measure this server's clock: when the request arrived (at `serverTime`, where that has the
 * same clock) and when the answer was sent.
 *
 * @throws OptionError when there is no clock
 */
export function clockEndpoint(options: ClockOptions): Listener<NodeRequest, NodeResponse, void> {
  const clock = requireClock(options.clock)
  return (request, response) => {
    const received = arrivalOf(request, clock)
    sendUncached(response, clockBody(clock, received))
  }
}

function sendUncached(response: NodeResponse, body: unknown): void {
  sendJson(response, { status: 200, headers: uncached, type: 'application/json; charset=utf-8', body })
}

function internalError(cause: unknown): HttpError {
  return new HttpError(500, 'ERR_INTERNAL', 'the request failed', { cause })
}
