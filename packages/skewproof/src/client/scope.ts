// What a browser's page or worker has, and Node has not, or not always.
declare const location: { readonly href: string } | undefined
declare const document: { readonly baseURI: string } | undefined
declare const navigator: { readonly locks?: Locks } | undefined
declare const addEventListener: Listen | undefined

type Listen = (
  type: string,
  listener: (event: { readonly type: string }) => void,
  options: { capture: boolean; signal: AbortSignal },
) => void

/** The Web Locks API, as far as it is used here. */
export interface Locks {
  request(name: string, options: { signal: AbortSignal }, work: () => Promise<void>): Promise<void>
}

/** What a relative address is relative to, for `fetch` too; `undefined` in Node. */
export function baseAddress(): string | undefined {
  if (typeof document !== 'undefined') return document.baseURI
  return typeof location === 'undefined' ? undefined : location.href
}

/** Web Locks, where there are some. */
export function webLocks(): Locks | undefined {
  return typeof navigator === 'undefined' ? undefined : navigator.locks
}

/** Calls back at events of the page or worker, also those of its document. In Node there are none. */
export function onEvents(
  types: readonly string[],
  signal: AbortSignal,
  callback: (type: string) => void,
): void {
  if (typeof addEventListener === 'undefined') return
  for (const type of types) addEventListener(type, () => callback(type), { capture: true, signal })
}
