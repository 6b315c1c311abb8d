import { SourceError } from '../../clock/source.ts'

/** A command of chrony's monitoring protocol, version 6, and the reply that belongs to it (candm.h in chrony's source). */
export interface Command {
  readonly name: string
  readonly code: number
  readonly reply: number
  /** Of the whole reply. */
  readonly replyBytes: number
}

export const commands: Readonly<
  Record<'sourceCount' | 'source' | 'tracking' | 'statistics' | 'activity', Command>
> = {
  sourceCount: { name: 'n_sources', code: 14, reply: 2, replyBytes: 32 },
  source: { name: 'source_data', code: 15, reply: 3, replyBytes: 76 },
  tracking: { name: 'tracking', code: 33, reply: 5, replyBytes: 104 },
  statistics: { name: 'sourcestats', code: 34, reply: 6, replyBytes: 84 },
  activity: { name: 'activity', code: 44, reply: 12, replyBytes: 48 },
}

const version = 6
const requestType = 1
const replyType = 2
const requestHeaderBytes = 20
const replyHeaderBytes = 28

/**
 * A request. It is as long as the reply that it asks for, or chronyd does not answer.
 *
 * @param sequence 32 bits that nobody can guess
 * @param index of the source that it asks for
 */
export function encodeRequest(command: Command, sequence: number, index = 0): Uint8Array {
  const bytes = new Uint8Array(Math.max(command.replyBytes, requestHeaderBytes + 4))
  const view = new DataView(bytes.buffer)
  view.setUint8(0, version)
  view.setUint8(1, requestType)
  view.setUint16(4, command.code)
  view.setUint32(8, sequence)
  view.setUint32(requestHeaderBytes, index)
  return bytes
}

/** What follows a reply's header, or why chronyd does not give it. */
export type Reply = { readonly body: DataView } | { readonly refusal: number }

/**
 * The reply to a request.
 *
 * @throws SourceError when it is not the reply to that request
 */
export function decodeReply(bytes: Uint8Array, command: Command, sequence: number): Reply {
  const malformed = (what: string) => new SourceError('malformed', `a reply ${what}`)
  if (bytes.length < replyHeaderBytes) throw malformed(`of ${bytes.length} bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint8(0) !== version) {
    throw new SourceError('unsupported', `a reply of protocol version ${view.getUint8(0)}, not ${version}`)
  }
  if (view.getUint8(1) !== replyType) throw malformed(`of packet type ${view.getUint8(1)}`)
  if (view.getUint16(4) !== command.code || view.getUint32(16) !== sequence) {
    throw new SourceError('mismatched', 'a reply to another request')
  }
  const refusal = view.getUint16(8)
  if (refusal !== 0) return { refusal }
  if (view.getUint16(6) !== command.reply) throw malformed(`of type ${view.getUint16(6)}`)
  if (bytes.length !== command.replyBytes) throw malformed(`of ${bytes.length} bytes`)
  return { body: new DataView(view.buffer, view.byteOffset + replyHeaderBytes) }
}

const refusals = new Map([
  [2, 'it does not allow that: see "opencommands" and "cmdallow" in chrony.conf'],
  [3, 'it does not know that command'],
  [4, 'there is no such source'],
  [18, 'it speaks another version of the protocol'],
  [19, 'it expects a longer request'],
])

/** Why chronyd refuses, in words. */
export function describeRefusal(command: Command, refusal: number): string {
  return `chronyd refuses ${command.name}: ${refusals.get(refusal) ?? `status ${refusal}`}`
}

/** The status of a source that is not there (any more). */
export const noSuchSource = 4
