import { fetchBody, isSafeAddress, UnexpectedStatus } from '../answer.ts'
import type { FetchOptions } from './fetch-key-set.ts'

export interface DiscoveryOptions extends FetchOptions {
  readonly allowHttp: boolean
}

/**
 * Where an issuer publishes its metadata: OpenID Connect Discovery 1.0, section 4.1, and RFC 8414, section 3.1. Most do the
 * former, whether they are OpenID providers or not.
 */
export function metadataAddresses(issuer: URL): readonly URL[] {
  const path = issuer.pathname.replace(/\/$/, '')
  return [`${path}/.well-known/openid-configuration`, `/.well-known/oauth-authorization-server${path}`].map(
    pathname => {
      const address = new URL(issuer.origin)
      // Not resolved against the origin: two slashes at the beginning would be another host.
      address.pathname = pathname
      return address
    },
  )
}

/**
 * Asks an issuer where its keys are.
 *
 * @throws Error that says why it could not
 */
export async function discoverKeySet(issuer: string, options: DiscoveryOptions): Promise<URL> {
  const [first, second] = metadataAddresses(new URL(issuer)).map(String) as [string, string]
  const { address, body } = await readMetadata(first, options).catch(error => {
    if (error instanceof UnexpectedStatus) return readMetadata(second, options)
    throw error
  })
  return keySetOf(body, issuer, address, options)
}

async function readMetadata(
  address: string,
  { timeoutMs, maxBytes, fetch: fetchAnswer = fetch }: DiscoveryOptions,
): Promise<{ address: string; body: Buffer }> {
  const options = { accept: 'application/json', timeoutMs, maxBytes, fetch: fetchAnswer }
  return { address, body: await fetchBody(address, options) }
}

/** Whoever publishes metadata under somebody else's address must not be believed (RFC 8414, 3.3). */
function keySetOf(body: Buffer, issuer: string, address: string, { allowHttp }: DiscoveryOptions): URL {
  // Some write a byte order mark before it, which this passes over (RFC 8259, 8.1).
  const metadata: unknown = JSON.parse(new TextDecoder().decode(body))
  const { issuer: named, jwks_uri: keys } = Object(metadata) as Record<string, unknown>
  if (named !== issuer) {
    throw new Error(`${address} is the metadata of the issuer ${quoted(named)}, and not of ${quoted(issuer)}`)
  }
  if (typeof keys !== 'string' || !URL.canParse(keys)) throw new Error(`${address} names no "jwks_uri"`)
  const url = new URL(keys)
  if (!isSafeAddress(url, allowHttp)) throw new Error(`the "jwks_uri" of ${address} is not https`)
  return url
}

/** What somebody else has written, as far as it is worth showing. */
function quoted(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 200)
}
