// What a browser's page or worker has, and Node has not, or not always.
declare const location: { readonly href: string } | undefined
declare const document: { readonly baseURI: string } | undefined

/** What a relative address is relative to, for `fetch` too; `undefined` in Node. */
export function baseAddress(): string | undefined {
  if (typeof document !== 'undefined') return document.baseURI
  return typeof location === 'undefined' ? undefined : location.href
}

/** For requests whose answer must be the server's own and of this moment, and which carry nothing that was not put there. */
export const fresh: RequestInit & { readonly cache: 'no-store' } = { cache: 'no-store', credentials: 'omit' }
