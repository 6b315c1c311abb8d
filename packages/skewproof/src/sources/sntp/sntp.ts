import { randomBytes } from 'node:crypto'
import { type MeasureContext, SourceError, type TimeSample, type TimeSource } from '../../clock/source.ts'
import { type Duration, OptionError, parseDurationMs } from '../../time/index.ts'
import { formatEndpoint, parseEndpoint } from '../net/endpoint.ts'
import { type RoundTrip, type UdpConnection, UdpEndpoint } from '../net/udp.ts'
import { requireAnswer, sampleOf } from '../ntp/answer.ts'
import { decodePacket, encodeRequest, nonceBytes } from '../ntp/packet.ts'

export interface SntpOptions {
  /** As what it is shown. Default `sntp:HOST[:PORT]`. */
  name?: string
  /** How many exchanges one measurement takes, 1 to 8; the one with the smallest bound counts. Default 1. */
  samples?: number
  /** Never ask more often than this. Default 2 s, which is asked only at the start; later every 64 s. */
  minPoll?: Duration
}

const ntpPort = 123
/** What further samples may take together, once there is one, ms. */
const furtherSamplesMs = 500

/**
 * An NTP server, asked by SNTP (RFC 5905, 14): `time.example.com`, `192.0.2.1:1123`, `[2001:db8::1]`.
 *
 * Its bound is half of the round trip and the server's own distance from its reference. It is not authenticated: whoever
 * sits on the path can lie, which is what several servers are for.
 *
 * @throws OptionError when the server or an option cannot be used
 */
export function sntp(server: string, options: SntpOptions = {}): TimeSource {
  const endpoint = parseEndpoint('server', server, ntpPort)
  const { name = `sntp:${formatEndpoint(endpoint, ntpPort)}`, samples = 1 } = options
  if (!(Number.isInteger(samples) && samples >= 1 && samples <= 8))
    throw new OptionError('samples', `${samples} is not a whole number from 1 to 8`)
  const minPollMs = parseDurationMs('minPoll', options.minPoll ?? '2s')
  const udp = new UdpEndpoint(endpoint)
  return {
    name,
    authenticated: false,
    minPollMs,
    measure: context => udp.connect(context, connection => best(connection, context, samples)),
  }
}

async function best(
  connection: UdpConnection,
  { signal }: MeasureContext,
  samples: number,
): Promise<TimeSample> {
  let best = await exchange(connection, signal)
  // An answer that is there must not be lost because a later one is.
  const soon = AbortSignal.any([signal, AbortSignal.timeout(furtherSamplesMs)])
  try {
    for (let taken = 1; taken < samples; taken += 1) {
      const sample = await exchange(connection, soon)
      if (sample.errorMs < best.errorMs) best = sample
    }
  } catch (error) {
    if (!(error instanceof SourceError || soon.aborted)) throw error
  }
  return best
}

async function exchange(connection: UdpConnection, signal: AbortSignal): Promise<TimeSample> {
  const nonce = randomBytes(nonceBytes)
  const read = (reply: Uint8Array, roundTrip: RoundTrip) => {
    const packet = decodePacket(reply)
    requireAnswer(packet, nonce)
    return { packet, roundTrip }
  }
  const { packet, roundTrip } = await connection.exchange(encodeRequest(nonce), read, signal)
  return sampleOf(packet, roundTrip)
}
