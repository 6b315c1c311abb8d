import { isIP } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { type MeasureContext, SourceError } from '../../clock/source.ts'
import { certificateRefusal } from '../net/certificate.ts'
import { type Endpoint, formatEndpoint } from '../net/endpoint.ts'
import { keyBytes } from './aead.ts'
import {
  aeadAesSivCmac256,
  decodeKeyResponse,
  encodeKeyRequest,
  type KeyGrant,
  ntpProtocol,
} from './ke-messages.ts'

/** What NTP is protected with from now on. */
export interface Keys {
  readonly clientToServer: Uint8Array
  readonly serverToClient: Uint8Array
  readonly cookies: readonly Uint8Array[]
  /** Where NTP is to be spoken. */
  readonly endpoint: Endpoint
}

export const keyEstablishmentPort = 4460
const ntpPort = 123
const protocol = 'ntske/1'

/**
 * Agrees on keys with an NTS server (RFC 8915, section 4), over TLS 1.3 that verifies its certificate.
 *
 * @param ca certificates in PEM that it may rest on, instead of the well-known ones
 * @throws SourceError when the server cannot be reached, is not who it should be or answers with what cannot be used, or what
 *   the signal was aborted with
 */
export async function establishKeys(
  endpoint: Endpoint,
  ca: string | undefined,
  { host, signal }: MeasureContext,
): Promise<Keys> {
  signal.throwIfAborted()
  const socket = connect(tlsOptions(endpoint, ca))
  const onAbort = (): void => void socket.destroy(asError(signal.reason))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await secured(socket)
    if (socket.alpnProtocol !== protocol)
      throw new SourceError('unsupported', `${nameOf(endpoint)} does not speak ${protocol}`)
    const address = socket.remoteAddress ?? endpoint.host
    const clientToServer = exportKey(socket, 0)
    const serverToClient = exportKey(socket, 1)
    socket.write(encodeKeyRequest())
    const { server = address, port = ntpPort, cookies } = await readGrant(socket)
    return { clientToServer, serverToClient, cookies, endpoint: { host: server, port } }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw error instanceof SourceError ? error : explain(error, socket, endpoint, host.wallMs())
  } finally {
    signal.removeEventListener('abort', onAbort)
    socket.destroySoon()
  }
}

function tlsOptions({ host, port }: Endpoint, ca: string | undefined): ConnectionOptions {
  return {
    host,
    port,
    // A name only: an address is verified as one, and must not be sent as a name.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    ALPNProtocols: [protocol],
    minVersion: 'TLSv1.3',
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says: time that is not authenticated must not pass for time that is.
    rejectUnauthorized: true,
  }
}

function secured(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve)
    // It stays for good: an error that comes when all is over must not end the process.
    socket.on('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed')))
  })
}

/** The context: the next protocol, the AEAD algorithm, and the direction (RFC 8915, section 5.1). */
function exportKey(socket: TLSSocket, direction: 0 | 1): Uint8Array {
  const context = Buffer.from([0, ntpProtocol, 0, aeadAesSivCmac256, direction])
  return socket.exportKeyingMaterial(keyBytes, 'EXPORTER-network-time-security', context)
}

async function readGrant(socket: TLSSocket): Promise<KeyGrant> {
  let message = Buffer.alloc(0)
  for await (const chunk of socket) {
    message = Buffer.concat([message, Buffer.from(chunk)])
    const grant = decodeKeyResponse(message)
    if (grant !== undefined) return grant
  }
  throw new SourceError(
    'malformed',
    `the key establishment ended after ${message.length} bytes, before its end`,
  )
}

/** Says what went wrong on the way to the server, and what to do where that is known. */
function explain(error: unknown, socket: TLSSocket, endpoint: Endpoint, wallMs: number): SourceError {
  const name = nameOf(endpoint)
  const code = describe(error)
  const refusal = certificateRefusal(socket, name, wallMs, error)
  if (refusal !== undefined) return refusal
  // OpenSSL names the part of it that failed.
  if (error instanceof Error && 'library' in error) {
    return new SourceError('unsupported', `${name} does not speak TLS 1.3 and ${protocol}: ${code}`, {
      cause: error,
    })
  }
  return new SourceError('unreachable', `${name}: ${code}`, { cause: error })
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? String(error.code) : error.message
}

function nameOf(endpoint: Endpoint): string {
  return formatEndpoint(endpoint, 0)
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason })
}
