import { SourceError } from '../../clock/source.ts'

/** A reply that is expected here (RESP, version 2); nothing else that Redis can say is. */
export type Reply =
  | { readonly kind: 'status' | 'error'; readonly text: string }
  | { readonly kind: 'pair'; readonly items: readonly [string, string] }

/** The reply to `TIME` has 30 bytes; an error is a line. */
const maxReplyBytes = 512
const lineEnd = '\r\n'

/** A command as Redis reads it, of any text. */
export function encodeCommand(words: readonly string[]): string {
  const bulks = words.map(word => `$${Buffer.byteLength(word)}${lineEnd}${word}${lineEnd}`)
  return `*${words.length}${lineEnd}${bulks.join('')}`
}

/**
 * Reads all that has arrived for one command.
 *
 * @returns `undefined` while it is not complete
 * @throws SourceError for anything that is not one reply of the kinds expected
 */
export function decodeReply(bytes: Uint8Array): Reply | undefined {
  if (bytes.length > maxReplyBytes) throw malformed()
  const lines = Buffer.from(bytes).toString('latin1').split(lineEnd)
  const [first = ''] = lines
  const kind = first[0]
  if (kind !== undefined && !['+', '-', '*'].includes(kind)) throw malformed()
  const isComplete = lines.length > (kind === '*' ? 5 : 1)
  if (!isComplete) return undefined
  // After the end of the last line there is nothing.
  if (lines.at(-1) !== '') throw malformed()
  if (kind === '*') return { kind: 'pair', items: pairOf(lines) }
  if (lines.length !== 2) throw malformed()
  return { kind: kind === '+' ? 'status' : 'error', text: first.slice(1) }
}

function pairOf(lines: readonly string[]): [string, string] {
  const [count, oneLength, one = '', otherLength, other = '', , ...more] = lines
  const isPair = count === '*2' && oneLength === `$${one.length}` && otherLength === `$${other.length}`
  if (!isPair || more.length > 0) throw malformed()
  return [one, other]
}

function malformed(): SourceError {
  return new SourceError('malformed', 'it does not answer as Redis does')
}
