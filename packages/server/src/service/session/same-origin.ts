import type { IncomingHttpHeaders } from 'node:http'
import { HttpError } from 'skewproof/http'

/**
 * Whether a browser sent the request from a page of this very origin. Browsers say so in `Sec-Fetch-Site`; over plain HTTP they
 * do not, and `Origin` is compared with the host that they asked for. A request that tells neither is not one of a page's own.
 */
export function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  const { origin, host } = headers
  if (origin === undefined || host === undefined) return false
  return origin === `http://${host}` || origin === `https://${host}`
}

/** Whether a page of another origin sent the request, or made the browser send it. */
export function isFromAnotherSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  return site === 'cross-site' || site === 'same-site'
}

/** Whether a browser sent it: it would ask its user for the password of a `Basic` challenge. */
export function isFromBrowser(headers: IncomingHttpHeaders): boolean {
  return headers['sec-fetch-site'] !== undefined || headers.origin !== undefined
}

/** Methods that change nothing (RFC 9110, 9.2.1). */
const safeMethods = ['GET', 'HEAD', 'OPTIONS']

/** @throws HttpError 403 when the request changes something and is not known to come from a page of this origin */
export function requireOwnPage({ method, headers }: { method: string; headers: IncomingHttpHeaders }): void {
  if (safeMethods.includes(method) || isSameOrigin(headers)) return
  throw new HttpError(403, 'ERR_CROSS_SITE', 'the request does not come from a page of this service')
}
