import type { Clock } from '../../clock/clock.ts'
import type { RequestFields } from '../credentials.ts'
import { exposing, serverTimeValue, uncached } from '../time.ts'

/** Several fields of one name are one here, with commas between: no token can be read from that. */
export function headerFields(headers: Headers): RequestFields {
  return {
    values: name => {
      const value = headers.get(name)
      return value === null ? [] : [value]
    },
  }
}

export function jsonResponse(body: unknown): Response {
  return Response.json(body, { headers: uncached })
}

/** The response with the time in its head; a copy, where its head cannot be changed. */
export function stamped(response: Response, clock: Clock): Response {
  // A network error, or the beginning of another protocol: of these no copy can be made.
  if (response.status < 200) return response
  const own = isMutable(response) ? response : new Response(response.body, response)
  const name = 'Access-Control-Expose-Headers'
  own.headers.set('X-Server-Time', serverTimeValue(clock))
  own.headers.set(name, exposing(own.headers.get(name) ?? ''))
  return own
}

/** Those that `fetch`, `Response.redirect` and caches give are not. */
function isMutable({ headers }: Response): boolean {
  try {
    headers.delete('X-Server-Time')
    return true
  } catch {
    return false
  }
}
