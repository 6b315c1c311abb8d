import { SourceError } from '../../clock/source.ts'

/** An extension field of an NTP packet (RFC 7822). */
export interface ExtensionField {
  readonly type: number
  readonly body: Uint8Array
  /** Where its header starts. */
  readonly offset: number
}

/** RFC 8915, section 7.5. */
export const fieldType = {
  uniqueIdentifier: 0x0104,
  cookie: 0x0204,
  cookiePlaceholder: 0x0304,
  authenticator: 0x0404,
} as const

export const fieldHeaderBytes = 4

export function encodeField(type: number, body: Uint8Array): Uint8Array {
  const field = Buffer.alloc(fieldHeaderBytes + body.length)
  field.writeUInt16BE(type, 0)
  field.writeUInt16BE(field.length, 2)
  field.set(body, fieldHeaderBytes)
  return field
}

/**
 * The extension fields from an offset to the end. A legacy MAC is not one of them: nothing may follow.
 *
 * @throws SourceError for anything that is not a sequence of fields
 */
export function decodeFields(packet: Uint8Array, from: number): readonly ExtensionField[] {
  const bytes = Buffer.from(packet.buffer, packet.byteOffset, packet.length)
  const fields: ExtensionField[] = []
  let offset = from
  while (offset < bytes.length) {
    const length = offset + fieldHeaderBytes <= bytes.length ? bytes.readUInt16BE(offset + 2) : 0
    const end = offset + length
    if (length < fieldHeaderBytes || length % 4 !== 0 || end > bytes.length)
      throw new SourceError('malformed', `a reply whose extension field at byte ${offset} is not one`)
    const body = new Uint8Array(bytes.subarray(offset + fieldHeaderBytes, end))
    fields.push({ type: bytes.readUInt16BE(offset), body, offset })
    offset = end
  }
  return fields
}
