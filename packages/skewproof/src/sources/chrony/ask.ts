import { randomBytes } from 'node:crypto'
import { SourceError } from '../../clock/source.ts'
import type { UdpConnection } from '../net/udp.ts'
import { decodeActivity, decodeSource, decodeSourceCount, decodeStatistics, decodeTracking } from './codec.ts'
import {
  type Command,
  commands,
  decodeReply,
  describeRefusal,
  encodeRequest,
  noSuchSource,
} from './protocol.ts'
import { type ChronyActivity, type ChronySource, type ChronyTracking, maxSources } from './report.ts'

/** What chronyd answers to a command, or the status with which it refuses. */
async function tryCommand<T>(
  udp: UdpConnection,
  command: Command,
  decode: (body: DataView) => T,
  index?: number,
): Promise<{ readonly value: T } | { readonly refusal: number }> {
  const sequence = randomBytes(4).readUInt32BE()
  return await udp.exchange(encodeRequest(command, sequence, index), bytes => {
    const reply = decodeReply(bytes, command, sequence)
    return 'body' in reply ? { value: decode(reply.body) } : reply
  })
}

/** @throws SourceError when chronyd does not say */
export async function askTracking(udp: UdpConnection): Promise<ChronyTracking> {
  const answer = await tryCommand(udp, commands.tracking, decodeTracking)
  if ('value' in answer) return answer.value
  throw new SourceError('unsupported', describeRefusal(commands.tracking, answer.refusal))
}

/** Its sources, the first 64 at most; `undefined` when it does not say. */
export async function askSources(udp: UdpConnection): Promise<readonly ChronySource[] | undefined> {
  const count = await tryCommand(udp, commands.sourceCount, decodeSourceCount)
  if (!('value' in count)) return undefined
  const sources: ChronySource[] = []
  for (let index = 0; index < Math.min(count.value, maxSources); index += 1) {
    const source = await tryCommand(udp, commands.source, decodeSource, index)
    if ('value' in source) sources.push(source.value)
    // Otherwise it was taken away meanwhile.
    else if (source.refusal !== noSuchSource) return undefined
  }
  return sources
}

/** The same sources, with what chronyd has learnt of each. */
export async function askStatistics(
  udp: UdpConnection,
  sources: readonly ChronySource[],
): Promise<readonly ChronySource[]> {
  const known: ChronySource[] = []
  for (const [index, source] of sources.entries()) {
    const answer = await tryCommand(udp, commands.statistics, decodeStatistics, index)
    const isItsOwn = 'value' in answer && answer.value.address === source.address
    known.push(isItsOwn ? { ...source, statistics: answer.value.statistics } : source)
  }
  return known
}

/** `undefined` when it does not say. */
export async function askActivity(udp: UdpConnection): Promise<ChronyActivity | undefined> {
  const answer = await tryCommand(udp, commands.activity, decodeActivity)
  return 'value' in answer ? answer.value : undefined
}
