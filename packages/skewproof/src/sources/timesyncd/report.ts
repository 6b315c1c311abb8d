import { SourceError } from '../../clock/source.ts'

/** The last answer that timesyncd took in, and its clock's settings. Times in ms; instants since the Unix epoch. */
export interface TimesyncdReport {
  /** Answers so far; 0: none. */
  readonly packetCount: number
  /** 3: the server was not synchronised. */
  readonly leap: number
  readonly stratum: number
  readonly precisionMs: number
  readonly rootDelayMs: number
  readonly rootDispersionMs: number
  /** When the request was sent, by this machine's wall clock as it was then. */
  readonly originMs: number
  /** When the server received the request and sent its answer, by its own clock. */
  readonly receiveMs: number
  readonly transmitMs: number
  /** When the answer came, by this machine's wall clock as it was then. */
  readonly destinationMs: number
  readonly pollIntervalMs: number
  /** What the kernel corrects the clock's frequency by. */
  readonly frequencyPpm: number
}

/** The properties that are asked for, in this order. */
export const properties = ['NTPMessage', 'PollIntervalUSec', 'Frequency'] as const

const unsigned = String.raw`(\d{1,20})`
const signed = String.raw`(-?\d{1,20})`
/** As `busctl` prints them: the type, then each value. The reference is an array of four bytes. */
const layout = new RegExp(
  [
    `^\\(uuuuittayttttbtt\\) ${unsigned} \\d+ \\d+ ${unsigned} ${signed} ${unsigned} ${unsigned} 4(?: \\d{1,3}){4}`,
    ` ${unsigned} ${unsigned} ${unsigned} ${unsigned} (?:true|false) ${unsigned} \\d+\\n`,
    `t ${unsigned}\\nx ${signed}\\n$`,
  ].join(''),
)

/**
 * Reads what `busctl get-property` prints.
 *
 * @throws SourceError when it is anything else
 */
export function parseReport(text: string): TimesyncdReport {
  const found = layout.exec(text)
  if (found === null) throw new SourceError('malformed', 'busctl prints what timesyncd never says')
  const numbers = found.slice(1).map(Number)
  const [leap = 0, stratum = 0, precision = 0, rootDelay = 0, rootDispersion = 0, ...others] = numbers
  const [origin = 0, receive = 0, transmit = 0, destination = 0, packetCount = 0, poll = 0, frequency = 0] =
    others
  return {
    packetCount,
    leap,
    stratum,
    precisionMs: 1000 * 2 ** precision,
    rootDelayMs: rootDelay / 1000,
    rootDispersionMs: rootDispersion / 1000,
    originMs: origin / 1000,
    receiveMs: receive / 1000,
    transmitMs: transmit / 1000,
    destinationMs: destination / 1000,
    pollIntervalMs: poll / 1000,
    // The kernel's unit is 2^-16 ppm.
    frequencyPpm: frequency / 65_536,
  }
}

/** What the wall clock lacked when the answer came; positive while it was behind (RFC 5905, 8). */
export function correctionMsOf({ originMs, receiveMs, transmitMs, destinationMs }: TimesyncdReport): number {
  return (receiveMs - originMs + (transmitMs - destinationMs)) / 2
}

/** How long request and answer were on their way, by the two clocks. */
export function delayMsOf({ originMs, receiveMs, transmitMs, destinationMs }: TimesyncdReport): number {
  return destinationMs - originMs - (transmitMs - receiveMs)
}
