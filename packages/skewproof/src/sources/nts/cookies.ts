import { SourceError } from '../../clock/source.ts'

/** As many as a server gives at once (RFC 8915, section 4.1.6). */
export const maxCookies = 8

/** An extension field has at least 16 bytes (RFC 7822), and a request with one cookie must fit into a packet. */
const minCookieBytes = 12
const maxCookieBytes = 1024

/** @throws SourceError for a cookie that no extension field can carry */
export function requireCookie(cookie: Uint8Array): void {
  const { length } = cookie
  if (length < minCookieBytes || length > maxCookieBytes || length % 4 !== 0)
    throw new SourceError('malformed', `a cookie of ${length} bytes`)
}

/**
 * The cookies that are left. Each is used once: whoever watches the network could otherwise recognise a client that moves
 * (RFC 8915, section 9.1).
 */
export class CookiePool {
  readonly #cookies: Uint8Array[] = []

  /** Takes as many as there is room for. */
  add(cookies: readonly Uint8Array[]): void {
    this.#cookies.push(...cookies.slice(0, maxCookies - this.#cookies.length))
  }

  get size(): number {
    return this.#cookies.length
  }

  /** The oldest, which is not kept. */
  take(): Uint8Array | undefined {
    return this.#cookies.shift()
  }
}
