import { SourceError } from '../../clock/source.ts'

/** Seconds of ten thousand years have twelve digits. */
const secondsText = /^\d{1,12}$/
const microsecondsText = /^\d{1,6}$/

/**
 * Reads what a client gives for `TIME`: seconds and microseconds since the Unix epoch, each as text, bytes or a number.
 *
 * @returns milliseconds, as they were at the last microsecond
 * @throws SourceError for anything else
 */
export function readTimeReply(reply: unknown): number {
  const [seconds, microseconds] = Array.isArray(reply) && reply.length === 2 ? reply.map(textOf) : []
  if (!secondsText.test(seconds ?? '') || !microsecondsText.test(microseconds ?? ''))
    throw new SourceError('malformed', 'its answer to TIME is no time')
  return Number(seconds) * 1000 + Number(microseconds) / 1000
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return value instanceof Uint8Array && value.length <= 12 ? Buffer.from(value).toString('latin1') : ''
}
