import { SourceError } from '../../clock/source.ts'

/** What NTS key establishment is made of: records (RFC 8915, section 4). */
export interface Record {
  /** Whoever does not know the type must refuse the message. */
  readonly isCritical: boolean
  readonly type: number
  readonly body: Uint8Array
}

/** RFC 8915, section 7.6. */
export const recordType = {
  endOfMessage: 0,
  nextProtocol: 1,
  error: 2,
  warning: 3,
  aeadAlgorithm: 4,
  newCookie: 5,
  ntpServer: 6,
  ntpPort: 7,
} as const

const headerBytes = 4
const criticalBit = 0x8000
/** Real answers have about a dozen records and less than 2 KB. */
const maxRecords = 64
const maxMessageBytes = 16_384

export function encodeRecords(records: readonly Record[]): Uint8Array {
  const message = Buffer.alloc(records.reduce((length, { body }) => length + headerBytes + body.length, 0))
  let at = 0
  for (const { isCritical, type, body } of records) {
    message.writeUInt16BE((isCritical ? criticalBit : 0) | type, at)
    message.writeUInt16BE(body.length, at + 2)
    message.set(body, at + headerBytes)
    at += headerBytes + body.length
  }
  return message
}

/**
 * The records of a message without its End of Message, or `undefined` when the rest of it is still to come.
 *
 * @throws SourceError when it is too long, or goes on after its end
 */
export function decodeRecords(message: Uint8Array): readonly Record[] | undefined {
  if (message.length > maxMessageBytes) throw malformed(`is longer than ${maxMessageBytes} bytes`)
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length)
  const records: Record[] = []
  let at = 0
  while (at + headerBytes <= bytes.length) {
    const first = bytes.readUInt16BE(at)
    const end = at + headerBytes + bytes.readUInt16BE(at + 2)
    if (end > bytes.length) return undefined
    const record = {
      isCritical: (first & criticalBit) !== 0,
      type: first & ~criticalBit,
      body: new Uint8Array(bytes.subarray(at + headerBytes, end)),
    }
    at = end
    if (record.type === recordType.endOfMessage) {
      if (record.body.length > 0 || !record.isCritical)
        throw malformed('has an End of Message that is not one')
      if (at < bytes.length) throw malformed('goes on after its end')
      return records
    }
    if (records.push(record) > maxRecords) throw malformed(`has more than ${maxRecords} records`)
  }
  return undefined
}

function malformed(what: string): SourceError {
  return new SourceError('malformed', `the key establishment message ${what}`)
}
