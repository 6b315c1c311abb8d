import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { captured } from '../../../test/chrony/captured.ts'
import { SourceError } from '../../clock/source.ts'
import { decodeActivity, decodeSource, decodeSourceCount, decodeStatistics, decodeTracking } from './codec.ts'
import { type Command, commands, decodeReply, describeRefusal, encodeRequest } from './protocol.ts'

const { sequence } = captured

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

function bodyOf(hex: string, command: Command): DataView {
  const reply = decodeReply(bytesOf(hex), command, sequence)
  if (!('body' in reply)) throw new Error(`refused: ${reply.refusal}`)
  return reply.body
}

describe('a request', () => {
  it('is what the captured replies were asked with', () => {
    const hex = Buffer.from(encodeRequest(commands.tracking, sequence)).toString('hex')
    expect(hex).toBe('060100000021000001020304'.padEnd(208, '0'))
    const source = Buffer.from(encodeRequest(commands.source, sequence, 2)).toString('hex')
    expect(source).toBe('06010000000f0000010203040000000000000000000000020000'.padEnd(152, '0'))
  })

  it('is never shorter than its reply, and holds its index', () => {
    expect(Object.values(commands).map(command => encodeRequest(command, 0).length)).toEqual(
      Object.values(commands).map(({ replyBytes }) => replyBytes),
    )
  })
})

describe('replies captured from a real chronyd', () => {
  it('tracking', () => {
    const tracking = decodeTracking(bodyOf(captured.tracking, commands.tracking))
    expect(tracking).toMatchObject({
      referenceId: '7F000001',
      address: '127.0.0.1',
      stratum: 3,
      leap: 'none',
      correctionMs: 150_000,
    })
    expect(tracking.referenceTimeMs).toBeCloseTo(1_795_476_112_351.731, 3)
    expect(tracking.lastOffsetMs).toBeCloseTo(0.000003976, 9)
    expect(tracking.rmsOffsetMs).toBeCloseTo(0.000008598, 9)
    expect(tracking.frequencyPpm).toBeCloseTo(0.004253838, 9)
    expect(tracking.residualFrequencyPpm).toBeCloseTo(0.000059519, 9)
    expect(tracking.skewPpm).toBeCloseTo(0.007916013, 9)
    expect(tracking.rootDelayMs).toBeCloseTo(0.00443, 9)
    expect(tracking.rootDispersionMs).toBeCloseTo(0.001424887, 9)
    expect(tracking.updateIntervalMs).toBeCloseTo(134.413450956, 9)
  })

  it('sources', () => {
    expect(decodeSourceCount(bodyOf(captured.sourceCount, commands.sourceCount))).toBe(3)
    const sources = captured.sources.map(hex => decodeSource(bodyOf(hex, commands.source)))
    expect(sources).toMatchObject([
      {
        address: 'GPS0',
        mode: 'reference-clock',
        state: 'unusable',
        stratum: 0,
        pollSeconds: 16,
        reachability: 0,
        lastSampleSeconds: undefined,
      },
      { address: '127.0.0.1', mode: 'server', state: 'selected', stratum: 2, pollSeconds: 0.0625 },
      { address: '::1', state: 'combined', stratum: 3, reachability: 255, lastSampleSeconds: 1 },
    ])
    expect(sources[1]?.measuredOffsetMs).toBeCloseTo(0.000125, 9)
    expect(sources[1]?.offsetMs).toBeCloseTo(0.000111514, 9)
    expect(sources[1]?.errorMs).toBeCloseTo(0.002995304, 9)
  })

  it('statistics', () => {
    const all = captured.statistics.map(hex => decodeStatistics(bodyOf(hex, commands.statistics)))
    expect(all).toMatchObject([
      { address: 'GPS0', statistics: { samples: 0, skewPpm: 2000, deviationMs: 4000 } },
      { address: '127.0.0.1', statistics: { samples: 64, spanSeconds: 6 } },
      { address: '::1', statistics: { samples: 49, spanSeconds: 51 } },
    ])
    expect(all[1]?.statistics.deviationMs).toBeCloseTo(0.000152193, 9)
    expect(all[1]?.statistics.residualFrequencyPpm).toBeCloseTo(0.00057537, 9)
    expect(all[1]?.statistics.skewPpm).toBeCloseTo(0.038410924, 9)
    expect(all[1]?.statistics.offsetMs).toBeCloseTo(-0.000037516, 9)
  })

  it('activity', () => {
    expect(decodeActivity(bodyOf(captured.activity, commands.activity))).toEqual({
      online: 2,
      offline: 0,
      burstOnline: 0,
      burstOffline: 0,
      unresolved: 0,
    })
  })

  it('of one that serves its own clock, and of one that follows nobody', () => {
    expect(decodeTracking(bodyOf(captured.ownClock, commands.tracking))).toMatchObject({
      referenceId: '7F7F0101',
      address: undefined,
      stratum: 2,
      leap: 'none',
    })
    expect(decodeTracking(bodyOf(captured.unsynchronized, commands.tracking))).toMatchObject({
      referenceId: '00000000',
      stratum: 0,
      leap: 'unsynchronized',
      referenceTimeMs: 0,
    })
  })

  it('refusals', () => {
    expect(decodeReply(bytesOf(captured.noSuchSource), commands.source, sequence)).toEqual({ refusal: 4 })
    expect(decodeReply(bytesOf(captured.tooShort), commands.tracking, sequence)).toEqual({ refusal: 19 })
    expect(describeRefusal(commands.tracking, 2)).toContain('opencommands')
    expect(describeRefusal(commands.tracking, 99)).toBe('chronyd refuses tracking: status 99')
  })
})

describe('a reply is not believed', () => {
  const reply = bytesOf(captured.tracking)
  const changed = (at: number, value: number) => reply.with(at, value)

  it.each([
    ['of another version', changed(0, 5), 'unsupported'],
    ['that is a request', changed(1, 1), 'malformed'],
    ['to another command', changed(5, 14), 'mismatched'],
    ['to another request', changed(19, 5), 'mismatched'],
    ['of another type', changed(7, 6), 'malformed'],
    ['that is cut', reply.subarray(0, 103), 'malformed'],
    ['whose header is cut', reply.subarray(0, 27), 'malformed'],
    ['that is longer', Uint8Array.from([...reply, 0]), 'malformed'],
    ['that is empty', new Uint8Array(), 'malformed'],
  ])('%s', (_, bytes, reason) => {
    expect(() => decodeReply(bytes, commands.tracking, sequence)).toThrow(expect.objectContaining({ reason }))
  })

  it.each([
    ['a leap status that there is not', captured.tracking, 55, 4],
    ['an impossible poll', captured.sources[1] ?? '', 48, 0x7f],
    ['a state that there is not', captured.sources[1] ?? '', 53, 6],
    ['a mode that there is not', captured.sources[1] ?? '', 55, 3],
  ])('%s', (_, hex, at, value) => {
    const [command, decode] =
      hex === captured.tracking ? [commands.tracking, decodeTracking] : [commands.source, decodeSource]
    const body = bodyOf(Buffer.from(bytesOf(hex).with(at, value)).toString('hex'), command)
    expect(() => decode(body)).toThrow(expect.objectContaining({ reason: 'malformed' }))
  })

  const pairs: readonly (readonly [Command, (body: DataView) => unknown])[] = [
    [commands.tracking, decodeTracking],
    [commands.sourceCount, decodeSourceCount],
    [commands.source, decodeSource],
    [commands.statistics, decodeStatistics],
    [commands.activity, decodeActivity],
  ]

  it('whatever it holds: it is read, or refused with a reason', () => {
    const read = (command: Command, decode: (body: DataView) => unknown, bytes: Uint8Array) => {
      try {
        const decoded = decodeReply(bytes, command, sequence)
        if ('body' in decoded) decode(decoded.body)
      } catch (error) {
        expect(error).toBeInstanceOf(SourceError)
      }
    }
    const noise = fc.uint8Array({ maxLength: 200 })
    fc.assert(
      fc.property(fc.constantFrom(...pairs), noise, fc.boolean(), ([command, decode], bytes, hasHeader) => {
        read(command, decode, bytes)
        if (!hasHeader) return
        // A header that is right lets the noise through to the fields.
        const whole = new Uint8Array(command.replyBytes)
        whole.set(bytes.subarray(0, command.replyBytes))
        const view = new DataView(whole.buffer)
        view.setUint16(0, 0x0602)
        view.setUint16(4, command.code)
        view.setUint16(6, command.reply)
        view.setUint16(8, 0)
        view.setUint32(16, sequence)
        read(command, decode, whole)
      }),
      { numRuns: 300 },
    )
  })

  it('in a buffer that holds more', () => {
    const pool = new Uint8Array(300)
    pool.set(reply, 100)
    const within = pool.subarray(100, 100 + reply.length)
    const decoded = decodeReply(within, commands.tracking, sequence)
    expect('body' in decoded && decodeTracking(decoded.body).stratum).toBe(3)
  })
})
