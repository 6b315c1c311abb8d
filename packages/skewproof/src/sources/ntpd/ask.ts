import { randomBytes } from 'node:crypto'
import { SourceError } from '../../clock/source.ts'
import type { RoundTrip, UdpConnection } from '../net/udp.ts'
import { Assembly } from './assembly.ts'
import { type ControlRequest, decodeReply, describeRefusal, encodeRequest, operations } from './message.ts'
import {
  findSelected,
  type Observation,
  peerVariables,
  readAssociations,
  readPeer,
  readSystem,
  systemVariables,
} from './report.ts'

type Question = Omit<ControlRequest, 'sequence'>

/**
 * Asks ntpd for all that a measurement needs, the clock last.
 *
 * @throws SourceError when ntpd does not say, follows no server, or changed its mind meanwhile
 */
export async function observe(udp: UdpConnection): Promise<Observation> {
  const status = await ask(udp, { operation: operations.readStatus, association: 0 })
  const selected = findSelected(readAssociations(status.data))
  if (selected === undefined) {
    throw new SourceError(
      'unsynchronized',
      'ntpd cannot be relied on: it follows none of its servers at present',
    )
  }
  const readVariables = (association: number, data: string) =>
    ask(udp, { operation: operations.readVariables, association, data })
  const peer = readPeer((await readVariables(selected, peerVariables)).data)
  const { data, roundTrip } = await readVariables(0, systemVariables)
  const system = readSystem(data)
  if (system.peer !== selected)
    throw new SourceError('absurd', 'ntpd follows another server than a moment ago')
  return { system, peer, roundTrip }
}

interface Answer {
  readonly data: Uint8Array
  readonly roundTrip: RoundTrip
}

async function ask(udp: UdpConnection, question: Question): Promise<Answer> {
  const request = { ...question, sequence: randomBytes(2).readUInt16BE() }
  const assembly = new Assembly()
  const answer = await udp.exchange(encodeRequest(request), (bytes, roundTrip) => {
    const reply = decodeReply(bytes, request)
    if ('refusal' in reply) return reply
    const data = assembly.add(reply)
    return data && { data, roundTrip }
  })
  if ('data' in answer) return answer
  throw new SourceError('unsupported', describeRefusal(answer.refusal))
}
