import { alone } from './tabs.ts'
import { clientWith, type TokenClient, type TokenClientOptions } from './token-client.ts'

export interface ServiceClientOptions extends Omit<TokenClientOptions, 'clientId' | 'share' | 'storage'> {
  clientId: string
  clientSecret: string
  /** What to ask for. Default: what the server gives without being asked. */
  scope?: string | undefined
  audience?: string | undefined
}

/**
 * A client for a service that calls other services: its tokens are had by `client_credentials` (RFC 6749, 4.4), when the first
 * request needs one. Nobody signs in.
 *
 * ```ts
 * const { fetch } = createServiceClient({ tokenUrl, clientId, clientSecret, origins: ['https://api.example.com'] })
 * ```
 *
 * @throws ClientError `ERR_OPTION`: `tokenUrl` or one of `origins` is no URL
 */
export function createServiceClient(options: ServiceClientOptions): TokenClient {
  const { clientId, clientSecret, scope, audience } = options
  // RFC 6749, 2.3.1: both are encoded as in a form.
  const basic = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`
  const form = { grant_type: 'client_credentials', scope, audience }
  const credentials = { form, headers: { authorization: `Basic ${btoa(basic)}` } }
  return clientWith({ ...options, share: null }, () => alone, credentials)
}
