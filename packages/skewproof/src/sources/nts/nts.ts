import type { TimeSource } from '../../clock/source.ts'
import { type Duration, parseDurationMs } from '../../time/index.ts'
import { requireCertificate } from '../net/certificate.ts'
import { formatEndpoint, parseEndpoint } from '../net/endpoint.ts'
import { NtsClient } from './client.ts'
import { keyEstablishmentPort } from './key-establishment.ts'

export interface NtsOptions {
  /** As what it is shown. Default `nts:HOST[:PORT]`. */
  name?: string
  /** Certificates in PEM that the server's must rest on, instead of the well-known ones. */
  ca?: string
  /** Never ask more often than this. Default 2 s, which is asked only at the start; later every 64 s. */
  minPoll?: Duration
}

/**
 * An NTP server, asked by Network Time Security (RFC 8915): `time.example.com`, `192.0.2.1:14460`, `[2001:db8::1]`. The port
 * is that of the key establishment.
 *
 * Its bound is that of `sntp`. Nobody on the path can forge or change what it says, only delay it, which the bound covers.
 * It needs the package `@noble/ciphers`, and a wall clock that lies within the validity of the server's certificate.
 *
 * @throws OptionError when the server or an option cannot be used
 */
export function nts(server: string, options: NtsOptions = {}): TimeSource {
  const endpoint = parseEndpoint('server', server, keyEstablishmentPort)
  const { name = `nts:${formatEndpoint(endpoint, keyEstablishmentPort)}`, ca } = options
  if (ca !== undefined) requireCertificate(ca)
  const client = new NtsClient(endpoint, ca)
  return {
    name,
    authenticated: true,
    minPollMs: parseDurationMs('minPoll', options.minPoll ?? '2s'),
    measure: context => client.measure(context),
  }
}
