import type { Dispatcher } from 'undici'
import { OptionError } from '../../time/index.ts'
import type { TokenClient } from '../token-client.ts'

export interface TokenInterceptorOptions {
  /** Where requests go that do not say it: those of a `Client` or a `Pool`. */
  origin?: string | URL | undefined
}

/**
 * Has all requests of an undici dispatcher carry the client's token, where it covers their address: also those of `fetch`, when it is
 * the global dispatcher. Requests with an `Authorization` of their own stay as they are.
 *
 * A 401 that another token can cure is tried once more, unless the body was a stream; then the next request has the new token.
 *
 * ```ts
 * setGlobalDispatcher(new Agent().compose(tokenInterceptor(client)))
 * ```
 *
 * @throws OptionError when `origin` is no URL; a request is refused with one when nothing says where it goes
 */
export function tokenInterceptor(
  client: Pick<TokenClient, 'accessToken' | 'covers' | 'tokenAfter'>,
  { origin }: TokenInterceptorOptions = {},
): Dispatcher.DispatcherComposeInterceptor {
  if (origin !== undefined && !URL.canParse(String(origin)))
    throw new OptionError('origin', 'it is not a URL')
  return dispatch => (options, handler) => {
    const fields = fieldsOf(options.headers)
    const isTheirs = fields.some((field, index) => index % 2 === 0 && /^authorization$/i.test(field))
    if (isTheirs || !client.covers(addressOf(options, origin))) return dispatch(options, handler)

    const send = (token: string, receiver: Dispatcher.DispatchHandler) =>
      dispatch({ ...options, headers: [...fields, 'authorization', `Bearer ${token}`] }, receiver)
    client.accessToken().then(
      token => {
        if (token === undefined) dispatch(options, handler)
        else send(token, receiverFor(token))
      },
      error => handler.onResponseError?.(ended(error), error),
    )
    return true

    function receiverFor(token: string): Dispatcher.DispatchHandler {
      const cure = (challenge: string) => client.tokenAfter(token, challenge || null)
      return isRepeatable(options.body)
        ? curing(handler, cure, next => send(next, handler))
        : noticing(handler, cure)
    }
  }
}

type Cure = (challenge: string) => Promise<string | undefined>

/** Passes on what comes, but for a 401 that another token cures: that one is dropped, and the request sent again. */
function curing(
  handler: Dispatcher.DispatchHandler,
  cure: Cure,
  again: (token: string) => void,
): Dispatcher.DispatchHandler {
  let stage: 'passing' | 'deciding' | 'dropping' | 'over' = 'passing'
  // What follows the end of the answer; a HEAD may have come to its end before it is decided.
  let next = () => {}
  let hasEnded = false

  function decide(controller: Dispatcher.DispatchController, isDropped: boolean): void {
    if (stage !== 'deciding') return
    stage = isDropped ? 'dropping' : 'passing'
    if (hasEnded) next()
    else controller.resume()
  }

  return {
    ...passing(handler),
    onResponseStart(controller, status, headers, message) {
      const pass = () => handler.onResponseStart?.(controller, status, headers, message)
      if (status !== 401) return pass()
      stage = 'deciding'
      controller.pause()
      cure(challengeOf(headers)).then(
        token => {
          if (stage === 'over') return
          if (token === undefined) pass()
          else next = () => again(token)
          decide(controller, token !== undefined)
        },
        error => controller.abort(error),
      )
    },
    onResponseData(controller, chunk) {
      if (stage === 'passing') handler.onResponseData?.(controller, chunk)
    },
    onResponseEnd(controller, trailers) {
      if (stage === 'passing') return handler.onResponseEnd?.(controller, trailers)
      hasEnded = true
      if (stage === 'dropping') return next()
      next = () => handler.onResponseEnd?.(controller, trailers)
    },
    onResponseError(controller, error) {
      stage = 'over'
      handler.onResponseError?.(controller, error)
    },
  }
}

/** Passes on everything; a 401 makes the next request carry another token. */
function noticing(handler: Dispatcher.DispatchHandler, cure: Cure): Dispatcher.DispatchHandler {
  return {
    ...passing(handler),
    onResponseStart(controller, status, headers, message) {
      if (status === 401) cure(challengeOf(headers)).catch(() => {})
      handler.onResponseStart?.(controller, status, headers, message)
    },
  }
}

function passing(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (...args) => handler.onRequestStart?.(...args),
    onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
    onResponseData: (...args) => handler.onResponseData?.(...args),
    onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
    onResponseError: (...args) => handler.onResponseError?.(...args),
  }
}

/** @throws OptionError when nothing says where the request goes */
function addressOf({ path, origin }: Dispatcher.DispatchOptions, ownOrigin: string | URL | undefined): URL {
  const base = origin ?? ownOrigin
  if (base === undefined) {
    throw new OptionError(
      'origin',
      'a Client or a Pool does not tell it; pass { origin } to tokenInterceptor',
    )
  }
  return new URL(path, base)
}

/** Names and values in turn. */
function fieldsOf(headers: Dispatcher.DispatchOptions['headers']): readonly string[] {
  if (Array.isArray(headers)) return headers
  const pairs = headers && Symbol.iterator in headers ? [...headers] : Object.entries(headers ?? {})
  return pairs.flatMap(([name, value]) => [value ?? []].flat().flatMap(one => [name, one]))
}

function challengeOf(headers: Readonly<Record<string, string | string[] | undefined>>): string {
  return [headers['www-authenticate'] ?? []].flat().join(', ')
}

/** Whether a body can be sent twice. */
function isRepeatable(body: Dispatcher.DispatchOptions['body']): boolean {
  return !(typeof body === 'object' && body !== null) || body instanceof Uint8Array
}

/** Of a request that was never sent. */
function ended(reason: Error): Dispatcher.DispatchController {
  return { aborted: true, paused: false, reason, abort() {}, pause() {}, resume() {} }
}
