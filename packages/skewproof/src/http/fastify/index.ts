import type { FastifyRequest } from 'fastify'
import type { TokenClaims } from '../../tokens/claims.ts'
import { requireClock } from '../../tokens/options.ts'
import type { VerifiedToken } from '../../tokens/verifier.ts'
import { arrivalOf, noteArrival } from '../arrivals.ts'
import { createGuard } from '../guard.ts'
import { isOver, type NodeRequest, type NodeResponse, nodeFields, stampHead } from '../node/message.ts'
import type { ClockOptions, TokenOptions } from '../options.ts'
import { problemType } from '../problem.ts'
import { clockBody, healthBody, uncached, type WallAwareClock } from '../time.ts'

export { HttpError } from '../http-error.ts'
export type { ClockOptions, TokenOptions, TokenPlace } from '../options.ts'

declare module 'fastify' {
  /** The claims of `request.token`: an application may declare its own ones here. */
  interface FastifyTokenClaims extends TokenClaims {}

  interface FastifyRequest {
    /** Set by `requireToken`; `undefined` where that has not run, or where no token is needed and none was sent. */
    token?: VerifiedToken<FastifyTokenClaims> | undefined
  }
}

/** What a hook or handler uses of Fastify's request, whatever its schemas, server and logger. */
interface HookRequest {
  readonly raw: NodeRequest
  /** Those of `raw`, with what hooks have put in their place. */
  readonly headers: NodeRequest['headers']
  token?: FastifyRequest['token']
}

interface HookReply {
  readonly raw: NodeResponse
  readonly sent: boolean
  hijack(): unknown
  code(status: number): unknown
  headers(values: Readonly<Record<string, string>>): unknown
  type(contentType: string): unknown
  send(payload: string): unknown
}

type Hook = (request: HookRequest, reply: HookReply) => Promise<unknown>

/**
 * A hook that lets only requests with a good token pass, and puts it into `request.token`.
 *
 * ```ts
 * app.get('/me', { onRequest: requireToken({ tokens }) }, async request => request.token?.claims)
 * ```
 *
 * What `from` throws goes to the error handler; with `refusals: 'pass'` so do refusals, as an `HttpError`.
 *
 * @throws OptionError when an option cannot be used
 */
export function requireToken(options: TokenOptions<TokenClaims, FastifyRequest, boolean>): Hook {
  const guard = createGuard(options)
  return async (request, reply) => {
    const { headers, raw } = request
    const fields = nodeFields({ headers, rawHeaders: raw.rawHeaders })
    // It is Fastify that calls, with its own request; the narrower type fits routes of all servers and schemas.
    const admission = await guard(fields, request as FastifyRequest)
    if (reply.sent || isOver(reply.raw)) {
      if (!reply.sent) reply.hijack()
      return reply
    }
    if (admission.refusal === undefined) {
      request.token = admission.token
      return undefined
    }
    const { refusal, isPassed } = admission
    if (isPassed) throw refusal
    reply.headers(refusal.headers)
    return send(reply, refusal.status, problemType, refusal.problem)
  }
}

/** A plugin for the instance that it is registered with, as if its hooks had been added there. */
type Plugin = (
  instance: {
    addHook(
      name: 'onRequest',
      hook: (request: HookRequest, reply: HookReply, done: () => void) => void,
    ): unknown
  },
  options: unknown,
  done: () => void,
) => void

/**
 * A plugin that has every response tell in `X-Server-Time` when its head was sent, and expose that to pages of other origins.
 * It goes first.
 *
 * @throws OptionError when there is no clock
 */
export function serverTime(options: ClockOptions): Plugin {
  const clock = requireClock(options.clock)
  const plugin: Plugin = (instance, _options, done) => {
    instance.addHook('onRequest', ({ raw: request }, { raw: response }, next) => {
      noteArrival(request, clock)
      stampHead(response, clock)
      next()
    })
    done()
  }
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true })
}

/**
 * Answers `/health`: that the process works, and what its clock says.
 *
 * @throws OptionError when there is no clock
 */
export function health(options: { clock: WallAwareClock }): Hook {
  const clock = requireClock(options.clock)
  return async (_request, reply) => sendUncached(reply, healthBody(clock))
}

/**
 * Answers `/clock`, by which others measure this server's clock: when the request arrived (at `serverTime`, where that has the
 * same clock) and when the answer was sent.
 *
 * @throws OptionError when there is no clock
 */
export function clockEndpoint(options: ClockOptions): Hook {
  const clock = requireClock(options.clock)
  return async ({ raw }, reply) => {
    const received = arrivalOf(raw, clock)
    return sendUncached(reply, clockBody(clock, received))
  }
}

function sendUncached(reply: HookReply, body: unknown): HookReply {
  reply.headers(uncached)
  return send(reply, 200, 'application/json; charset=utf-8', body)
}

/** As text: a route's response schemas are for its own answers. */
function send(reply: HookReply, status: number, type: string, body: unknown): HookReply {
  reply.code(status)
  reply.type(type)
  reply.send(JSON.stringify(body))
  return reply
}
