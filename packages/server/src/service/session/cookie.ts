import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/**
 * The name of the cookie that carries a session. Cookies do not tell ports apart: services of different issuers on one machine
 * each have their own.
 */
export function cookieName(issuer: string): string {
  return `skewproof-${createHash('sha256').update(issuer).digest('hex').slice(0, 8)}`
}

/** A cookie that ends with the browser; how long the token in it is good, the token says. */
export function sessionCookie(name: string, token: string, headers: IncomingHttpHeaders): string {
  return [`${name}=${token}`, ...attributes(headers)].join('; ')
}

export function endedCookie(name: string, headers: IncomingHttpHeaders): string {
  return [`${name}=`, 'Max-Age=0', ...attributes(headers)].join('; ')
}

/** The browser says by which scheme it came, also when a proxy in between ends TLS. */
function attributes({ origin }: IncomingHttpHeaders): readonly string[] {
  const isSecure = origin?.startsWith('https:') === true
  return ['Path=/', 'HttpOnly', 'SameSite=Strict', ...(isSecure ? ['Secure'] : [])]
}
