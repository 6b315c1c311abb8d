import { type MeasureContext, SourceError, type TimeSample, type TimeSource } from '../../clock/source.ts'
import { localPollMs } from '../local.ts'
import { formatEndpoint, parseEndpoint } from '../net/endpoint.ts'
import { UdpEndpoint } from '../net/udp.ts'
import { observe } from './ask.ts'
import { Continuity } from './continuity.ts'
import { sampleOf } from './judge.ts'

const thisMachine = '127.0.0.1'
const ntpPort = 123
/** ntpd may change between the questions. */
const attempts = 3

/**
 * Asks ntpd (NTPsec, or that of ntp.org) what its clock shows and how far that is from true time, by control messages (mode
 * 6, RFC 9327). Its bound is the root distance of the server that ntpd follows, and half of the offset that ntpd is working
 * off. This process's own wall clock does not matter.
 *
 * @param server where ntpd answers control messages, as `HOST` or `HOST:PORT`
 * @throws OptionError when the server cannot be used
 */
export function ntpd(server: string = thisMachine): TimeSource {
  const endpoint = parseEndpoint('server', server, ntpPort)
  const udp = new UdpEndpoint(endpoint)
  const address = formatEndpoint(endpoint, ntpPort)
  const continuity = new Continuity()
  return {
    name: address === thisMachine ? 'ntpd' : `ntpd:${address}`,
    authenticated: false,
    minPollMs: 0,
    ...(address === thisMachine && { maxPollMs: localPollMs }),
    measure: context => measure(udp, continuity, context),
  }
}

async function measure(
  udp: UdpEndpoint,
  continuity: Continuity,
  context: MeasureContext,
): Promise<TimeSample> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const observation = await udp.connect(context, observe)
      const sample = sampleOf(observation)
      continuity.follow(observation)
      return sample
    } catch (error) {
      const mayBeChance = error instanceof SourceError && error.reason === 'absurd'
      if (!mayBeChance || attempt === attempts) throw error
    }
  }
}
