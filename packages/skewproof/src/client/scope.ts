import { ClientError } from './errors.ts'

/** What a browser's page or worker has, and Node has not, or not always. */
interface Scope {
  readonly location?: { readonly href: string }
  readonly document?: { readonly baseURI: string }
  readonly navigator?: { readonly locks?: Locks }
  addEventListener?(
    type: string,
    listener: () => void,
    options: { readonly capture: boolean; readonly signal: AbortSignal },
  ): void
}

/** The Web Locks API, as far as it is used here. */
export interface Locks {
  request(name: string, options: { signal: AbortSignal }, work: () => Promise<void>): Promise<void>
}

const scope = globalThis as Scope

/** What a relative address is relative to, for `fetch` too; `undefined` in Node. */
export function baseAddress(): string | undefined {
  return scope.document?.baseURI ?? scope.location?.href
}

/**
 * @param option the name of the option that gives it
 * @throws ClientError `ERR_OPTION` when it is none
 */
export function readUrl(option: string, url: string | URL, base?: string): URL {
  try {
    // What is missing would be a page's own "undefined".
    return new URL(url ?? '//', base)
  } catch {
    throw new ClientError('ERR_OPTION', `${option}: ${url} is no URL`)
  }
}

/** Web Locks, where there are some. */
export function webLocks(): Locks | undefined {
  return scope.navigator?.locks
}

/** Calls back at events of the page or worker, also those of its document. In Node there are none. */
export function onEvents(
  types: readonly string[],
  signal: AbortSignal,
  callback: (type: string) => void,
): void {
  for (const type of types) scope.addEventListener?.(type, () => callback(type), { capture: true, signal })
}
