import { X509Certificate } from 'node:crypto'
import { createSecureContext, type TLSSocket } from 'node:tls'
import { SourceError } from '../../clock/source.ts'
import { formatInstant, OptionError } from '../../time/index.ts'

/** @throws OptionError when an option `ca` is no PEM */
export function requireCertificate(ca: string): void {
  try {
    new X509Certificate(ca)
    // All of them, where there are several.
    createSecureContext({ ca })
  } catch {
    throw new OptionError(
      'ca',
      "it holds no certificate; use what a PEM file holds ('-----BEGIN CERTIFICATE-----')",
    )
  }
}

/** Why a server's certificate was refused, and what to do; `undefined` when it was not. */
export function certificateRefusal(
  socket: TLSSocket,
  server: string,
  wallMs: number,
  cause: unknown,
): SourceError | undefined {
  // Node sets it to a code, or to nothing.
  if (!socket.authorizationError) return undefined
  const code = String(socket.authorizationError)
  const what = outsideOfValidity.get(code)
  const problem =
    what === undefined
      ? `cannot be trusted: ${code}`
      : `${what}, if it is ${formatInstant(wallMs)} as this machine's wall clock says; renew the one or set the other`
  return new SourceError('unauthenticated', `the certificate of ${server} ${problem}`, { cause })
}

const outsideOfValidity: ReadonlyMap<string, string> = new Map([
  ['CERT_HAS_EXPIRED', 'has expired'],
  ['CERT_NOT_YET_VALID', 'is not valid yet'],
])
