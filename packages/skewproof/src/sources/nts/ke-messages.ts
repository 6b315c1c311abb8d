import { isIP } from 'node:net'
import { SourceError } from '../../clock/source.ts'
import { requireCookie } from './cookies.ts'
import { decodeRecords, encodeRecords, type Record, recordType } from './records.ts'

/** What the server of the key establishment grants, besides the keys. */
export interface KeyGrant {
  /** The NTP server to ask; where it is not named, the one that established the keys. */
  readonly server: string | undefined
  readonly port: number | undefined
  /** At least one. */
  readonly cookies: readonly Uint8Array[]
}

/** The protocol that follows: NTPv4 (RFC 8915, section 7.7). */
export const ntpProtocol = 0
/** AEAD_AES_SIV_CMAC_256 (RFC 5297), which every server must have (RFC 8915, section 5.1). */
export const aeadAesSivCmac256 = 15

const errors: ReadonlyMap<number, string> = new Map([
  [0, 'it does not know a critical record'],
  [1, 'bad request'],
  [2, 'internal server error'],
])

/** Asks for NTPv4 under AEAD_AES_SIV_CMAC_256. */
export function encodeKeyRequest(): Uint8Array {
  return encodeRecords([
    { isCritical: true, type: recordType.nextProtocol, body: uint16(ntpProtocol) },
    { isCritical: true, type: recordType.aeadAlgorithm, body: uint16(aeadAesSivCmac256) },
    { isCritical: true, type: recordType.endOfMessage, body: new Uint8Array() },
  ])
}

/**
 * Reads the answer; `undefined` when the rest of it is still to come.
 *
 * @throws SourceError for an answer that cannot be used
 */
export function decodeKeyResponse(message: Uint8Array): KeyGrant | undefined {
  const records = decodeRecords(message)
  if (records === undefined) return undefined
  refuseTrouble(records)
  requireChoice(records, recordType.nextProtocol, ntpProtocol, 'NTPv4')
  requireChoice(records, recordType.aeadAlgorithm, aeadAesSivCmac256, 'AEAD_AES_SIV_CMAC_256')
  const cookies = records.filter(({ type }) => type === recordType.newCookie).map(({ body }) => body)
  if (cookies.length === 0) throw malformed('holds no cookie')
  for (const cookie of cookies) requireCookie(cookie)
  const server = findOne(records, recordType.ntpServer)
  const port = findOne(records, recordType.ntpPort)
  return { server: server && readServer(server), port: port && readPort(port), cookies }
}

/** Errors, warnings (none is defined: what they warn of cannot be known), and what must not be ignored. */
function refuseTrouble(records: readonly Record[]): void {
  for (const { isCritical, type, body } of records) {
    if (type === recordType.error || type === recordType.warning) {
      const code = readUint16(body)
      const kind = type === recordType.error ? 'error' : 'warning'
      const meaning = (type === recordType.error && errors.get(code)) || 'not a known one'
      throw new SourceError('unsupported', `the key establishment ended with ${kind} ${code}: ${meaning}`)
    }
    if (isCritical && type > recordType.ntpPort) {
      throw new SourceError(
        'unsupported',
        `the key establishment has a critical record of the unknown type ${type}`,
      )
    }
  }
}

/** The server must have chosen what it was offered; an empty list says that it has nothing of it. */
function requireChoice(records: readonly Record[], type: number, offered: number, name: string): void {
  const body = findOne(records, type)
  if (body === undefined) throw malformed(`does not say whether it uses ${name}`)
  if (body.length === 0) throw new SourceError('unsupported', `the server does not support ${name}`)
  const chosen = readUint16(body)
  if (chosen !== offered) throw malformed(`chooses ${chosen} rather than ${name}, which it was offered`)
}

function findOne(records: readonly Record[], type: number): Uint8Array | undefined {
  const [first, second] = records.filter(record => record.type === type)
  if (second !== undefined) throw malformed(`has two records of type ${type}`)
  return first?.body
}

function readUint16(body: Uint8Array): number {
  if (body.length !== 2) throw malformed(`has a number of ${body.length} bytes`)
  return Buffer.from(body).readUInt16BE()
}

function uint16(value: number): Uint8Array {
  const body = Buffer.alloc(2)
  body.writeUInt16BE(value)
  return body
}

const hostname = /^(?!-)[\w-]{1,63}(\.[\w-]{1,63})*\.?$/

function readServer(body: Uint8Array): string {
  const name = Buffer.from(body).toString('latin1')
  if (name.length > 253 || !(isIP(name) !== 0 || hostname.test(name)))
    throw malformed('names an NTP server that is neither a name nor an address')
  return name
}

function readPort(body: Uint8Array): number {
  const port = readUint16(body)
  if (port === 0) throw malformed('names port 0')
  return port
}

function malformed(what: string): SourceError {
  return new SourceError('malformed', `the answer of the key establishment ${what}`)
}
