import { SourceError } from '../../clock/source.ts'

/** What is asked for (RFC 9327, 4). */
export const operations = { readStatus: 1, readVariables: 2 } as const

export interface ControlRequest {
  readonly operation: number
  /** 16 bits that nobody can guess. */
  readonly sequence: number
  /** 0: ntpd itself; else one of the servers that it knows. */
  readonly association: number
  /** The names of variables, separated by commas. Default: none. */
  readonly data?: string
}

/** One datagram of an answer. */
export interface Fragment {
  /** Where in the whole its data belongs. */
  readonly offset: number
  readonly data: Uint8Array
  /** Whether what follows its data is in another fragment. */
  readonly hasMore: boolean
}

const headerBytes = 12
const controlMode = 6
/** The one that `ntpq` speaks: every version of ntpd answers it. */
const version = 2
const isResponse = 0x80
const isError = 0x40
const isMore = 0x20
const operationMask = 0x1f

/** A control message (NTP mode 6, RFC 9327, 2). */
export function encodeRequest({ operation, sequence, association, data = '' }: ControlRequest): Uint8Array {
  const text = Buffer.from(data, 'latin1')
  // ntpd ignores what is not a multiple of 32 bits.
  const bytes = new Uint8Array(Math.ceil((headerBytes + text.length) / 4) * 4)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, (version << 3) | controlMode)
  view.setUint8(1, operation)
  view.setUint16(2, sequence)
  view.setUint16(6, association)
  view.setUint16(10, text.length)
  bytes.set(text, headerBytes)
  return bytes
}

/**
 * A fragment of the answer to a request, or the error with which ntpd refuses.
 *
 * @throws SourceError when it is neither
 */
export function decodeReply(
  bytes: Uint8Array,
  request: ControlRequest,
): Fragment | { readonly refusal: number } {
  if (bytes.length < headerBytes) {
    throw new SourceError('malformed', `a control message of ${bytes.length} bytes`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const flags = view.getUint8(1)
  const isAnswer =
    (view.getUint8(0) & 7) === controlMode &&
    (flags & isResponse) !== 0 &&
    (flags & operationMask) === request.operation &&
    view.getUint16(2) === request.sequence &&
    view.getUint16(6) === request.association
  if (!isAnswer) throw new SourceError('mismatched', 'a message that does not answer the request')
  if ((flags & isError) !== 0) return { refusal: view.getUint8(4) }
  const [offset, count] = [view.getUint16(8), view.getUint16(10)]
  if (headerBytes + count > bytes.length) {
    throw new SourceError('malformed', `a control message of ${bytes.length} bytes that claims ${count}`)
  }
  const data = Uint8Array.from(bytes.subarray(headerBytes, headerBytes + count))
  return { offset, data, hasMore: (flags & isMore) !== 0 }
}

const refusals = new Map([
  [1, 'it does not allow that'],
  [2, 'it finds the request malformed'],
  [3, 'it does not know that operation'],
  [4, 'there is no such association'],
  [5, 'it does not know one of the variables'],
  [7, 'it restricts that'],
])

/** Why ntpd refuses, in words (RFC 9327, 3). */
export function describeRefusal(refusal: number): string {
  return `ntpd refuses: ${refusals.get(refusal) ?? `error ${refusal}`}`
}
