import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { association, captured, sequence } from '../../../test/ntpd/captured.ts'
import { SourceError } from '../../clock/source.ts'
import { Assembly } from './assembly.ts'
import {
  type ControlRequest,
  decodeReply,
  describeRefusal,
  encodeRequest,
  type Fragment,
  operations,
} from './message.ts'
import { findSelected, peerVariables, readAssociations, readPeer, readSystem } from './report.ts'

const askStatus: ControlRequest = { operation: operations.readStatus, association: 0, sequence }
const askSystem: ControlRequest = { operation: operations.readVariables, association: 0, sequence }
const askPeer: ControlRequest = { operation: operations.readVariables, association, sequence }

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

function fragmentOf(bytes: Uint8Array, request: ControlRequest): Fragment {
  const reply = decodeReply(bytes, request)
  if ('refusal' in reply) throw new Error(`refused: ${reply.refusal}`)
  return reply
}

function answerTo(hex: string, request: ControlRequest): Uint8Array {
  const answer = new Assembly().add(fragmentOf(bytesOf(hex), request))
  if (answer === undefined) throw new Error('not whole')
  return answer
}

it('writes a request, whose length is a multiple of four', () => {
  expect(Buffer.from(encodeRequest({ ...askPeer, data: 'offset,delay' })).toString('hex')).toBe(
    `1602123400004567${'0000000c'}${Buffer.from('offset,delay').toString('hex')}`,
  )
  expect(encodeRequest({ ...askSystem, data: 'clock' })).toHaveLength(20)
  expect(encodeRequest({ ...askPeer, data: peerVariables }).length % 4).toBe(0)
})

describe('reads what a real ntpd answered', () => {
  it('its associations', () => {
    const associations = readAssociations(answerTo(captured.status, askStatus))
    expect(associations).toEqual([{ id: association, selection: 6 }])
    expect(findSelected(associations)).toBe(association)
  })

  it('its own variables', () => {
    expect(readSystem(answerTo(captured.system, askSystem))).toEqual({
      leap: 0,
      stratum: 2,
      referenceId: '192.0.2.2',
      peer: association,
      referenceTimeMs: Date.UTC(2026, 10, 23, 23, 55, 51) + (0x97a70a07 * 1000) / 2 ** 32,
      correctionMs: -2499.727174,
      frequencyPpm: 0,
      clockMs: Date.UTC(2026, 10, 23, 23, 55, 52) + (0xcaef428a * 1000) / 2 ** 32,
    })
  })

  it("its server's variables", () => {
    const peer = readPeer(answerTo(captured.peer, askPeer))
    expect(peer).toEqual({
      address: '192.0.2.2',
      stratum: 1,
      reachability: 1,
      pollSeconds: 1,
      receivedMs: Date.UTC(2026, 10, 23, 23, 55, 51) + (0x97a70a07 * 1000) / 2 ** 32,
      correctionMs: -2500.149687,
      delayMs: 1.635071,
      dispersionMs: 187.52745,
      jitterMs: 1.108856,
      rootDelayMs: 0,
      rootDispersionMs: 0,
    })
  })

  it('all variables of the server, in two fragments, in either order', () => {
    const fragments = [captured.first, captured.second].map(hex => fragmentOf(bytesOf(hex), askPeer))
    for (const order of [fragments, fragments.toReversed()]) {
      const assembly = new Assembly()
      const [none, whole] = order.map(fragment => assembly.add(fragment))
      expect(none).toBeUndefined()
      expect(whole).toHaveLength(468 + 230)
      expect(readPeer(whole ?? new Uint8Array())).toMatchObject({
        correctionMs: -2506.873755,
        delayMs: 15.120216,
        dispersionMs: 62.528962,
      })
    }
  })

  it('refusals', () => {
    const ofAnother = { ...askPeer, association: 9 }
    expect(decodeReply(bytesOf(captured.noAssociation), ofAnother)).toEqual({ refusal: 4 })
    expect(decodeReply(bytesOf(captured.noVariable), askSystem)).toEqual({ refusal: 5 })
    expect(decodeReply(bytesOf(captured.noOperation), { ...askSystem, operation: 17 })).toEqual({
      refusal: 3,
    })
    expect(describeRefusal(5)).toContain('variables')
    expect(describeRefusal(99)).toBe('ntpd refuses: error 99')
  })
})

describe('a message is not believed', () => {
  const good = bytesOf(captured.system)
  const changed = (at: number, value: number) => good.with(at, value)

  it.each([
    ['of another mode', changed(0, 0x14), 'mismatched'],
    ['that is a request', changed(1, 0x02), 'mismatched'],
    ['that answers another operation', changed(1, 0x81), 'mismatched'],
    ['that answers another request', changed(3, 0x35), 'mismatched'],
    ['of another association', changed(7, 1), 'mismatched'],
    ['that claims more than it has', changed(10, 1), 'malformed'],
    ['that is cut', good.subarray(0, 100), 'malformed'],
    ['whose header is cut', good.subarray(0, 11), 'malformed'],
    ['that is empty', new Uint8Array(), 'malformed'],
  ])('%s', (_, bytes, reason) => {
    expect(() => decodeReply(bytes, askSystem)).toThrow(expect.objectContaining({ reason }))
  })

  it('whatever it holds: it is read, or refused with a reason', () => {
    const read = (bytes: Uint8Array) => {
      try {
        const reply = decodeReply(bytes, askSystem)
        const answer = 'refusal' in reply ? undefined : new Assembly().add(reply)
        if (answer === undefined) return
        readAssociations(answer)
        readPeer(answer)
        readSystem(answer)
      } catch (error) {
        expect(error).toBeInstanceOf(SourceError)
      }
    }
    const noise = fc.uint8Array({ maxLength: 600 })
    const text = fc
      .array(fc.constantFrom('leap', 'clock', '=', ',', '"', '0x', 'eeaf5108.caef428a', '-1e9', '\r\n', '\0'))
      .map(parts => Uint8Array.from(Buffer.from(parts.join(''), 'latin1')))
    fc.assert(
      fc.property(fc.oneof(noise, text), fc.boolean(), (data, hasHeader) => {
        if (!hasHeader) return read(data)
        const whole = new Uint8Array(12 + data.length)
        whole.set(good.subarray(0, 12))
        whole.set(data, 12)
        new DataView(whole.buffer).setUint16(10, data.length)
        read(whole)
      }),
      { numRuns: 2000 },
    )
  })

  it('in a buffer that holds more', () => {
    const pool = new Uint8Array(400)
    pool.set(good, 100)
    const reply = fragmentOf(pool.subarray(100, 100 + good.length), askSystem)
    expect(readSystem(reply.data).stratum).toBe(2)
  })
})
