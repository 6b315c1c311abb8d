import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeDescription, encodeDescription } from './description.ts'
import { decodeReports, encodeReport, type NodeReport } from './report.ts'

const name = fc.stringMatching(/^[A-Za-z0-9._:-]{1,80}$/)
const ms = fc.double({ min: -1e14, max: 1e14, noNaN: true })
const report: fc.Arbitrary<NodeReport> = fc.record({
  node: name,
  machine: name,
  role: fc.constantFrom('service', 'agent'),
  sequence: fc.nat(),
  epoch: fc.stringMatching(/^[0-9a-f]{0,8}$/),
  utc: fc.oneof(
    fc.constantFrom('none' as const, 'awaited' as const),
    fc.record({ atStoreMs: ms, offsetMs: ms, errorMs: fc.double({ min: 0, max: 1e9, noNaN: true }) }),
  ),
})

describe('a report', () => {
  it('is read as it was written, to the microsecond, and claims no smaller bound', () => {
    fc.assert(
      fc.property(report, report => {
        const line = encodeReport(report)
        expect(line.length).toBeLessThanOrEqual(256)
        const [read] = decodeReports([line])
        expect(read).toMatchObject({
          node: report.node,
          machine: report.machine,
          role: report.role,
          sequence: report.sequence,
          epoch: report.epoch,
        })
        if (typeof report.utc === 'string' || typeof read?.utc !== 'object') {
          expect(read?.utc).toBe(report.utc)
          return
        }
        const { offsetMs, errorMs } = report.utc
        expect(Math.abs(read.utc.offsetMs - offsetMs)).toBeLessThanOrEqual(
          read.utc.errorMs - errorMs + Math.abs(offsetMs) * 1e-12,
        )
      }),
    )
  })

  it('is passed over when it is none, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.json())), lines => {
        for (const { node, machine, utc } of decodeReports(lines)) {
          expect(`${node}${machine}`).toMatch(/^[A-Za-z0-9._:-]+$/)
          if (typeof utc === 'object') expect(Object.values(utc).every(Number.isFinite)).toBe(true)
        }
      }),
    )
  })

  it.each([
    '',
    'null',
    '[]',
    '["a"]',
    '["a","b",0]',
    '["a","b",2,1,"e"]',
    '["a b","b",0,1,"e"]',
    '["a","b",0,1]',
    '["a","b",0,1,2]',
    '["a","b",0,1,"too long for one"]',
    '["a","b",0,1,"e",2]',
    '["a","b",0,1,"e",2,3]',
    '["a","b",0,1,"e",2,3,-1]',
    '["a","b",0,1,"e",2,3,null]',
    '["a","b",0,1,"e",2,3,"4"]',
    '["a","b",0,1,"e",2,3,1e999]',
    '["a","b",0,1,"e",2,1e300,4]',
    '["a","b",0,1,"e",2,3,4,5]',
  ])('%s is none', line => {
    expect(decodeReports([line])).toEqual([])
  })

  it('counts once for each node', () => {
    expect(decodeReports(['["a","m",0,1,"e"]', '["a","n",0,1,"e"]'])).toHaveLength(1)
  })
})

describe('a description', () => {
  it('is of its shape, or none, whatever is left', () => {
    const value = fc.oneof(fc.json(), fc.string())
    fc.assert(
      fc.property(value, text => {
        const read = decodeDescription(text)
        if (read !== undefined) expect(decodeDescription(encodeDescription(read))).toEqual(read)
      }),
    )
  })

  it('is read with what is wrong in it left out', () => {
    const read = decodeDescription(
      JSON.stringify({
        host: 'web-1\u001b[31m',
        role: 'king',
        clock: { status: 'excellent', errorMs: -1, wallOffsetMs: 'x' },
        ready: 1,
        sinceMs: 1e300,
        reasons: 'none',
        sources: [{ name: 'x'.repeat(1000), status: 'loved', offsetMs: 'x' }, 3],
        verdictsPerSecond: { valid: 3, '<script>': 1, ERR_X: -1 },
        happenings: [
          { kind: 'party', atMs: 1 },
          { kind: 'step', atMs: 1e300 },
        ],
        wall: { offsetMs: 1 },
      }),
    )
    expect(read).toEqual({
      host: 'web-1?[31m',
      role: 'service',
      version: '',
      startedAgoMs: 0,
      clock: { status: 'unsynchronized', errorMs: null, wallOffsetMs: null },
      ready: false,
      sinceMs: 0,
      reasons: [],
      sources: [{ name: 'x'.repeat(100), status: 'pending', offsetMs: null, errorMs: null }],
      verdictsPerSecond: { valid: 3 },
      happenings: [],
      wall: null,
      own: null,
    })
  })

  it('fits, however many sources there are', () => {
    const source = { name: 'ü'.repeat(100), status: 'selected', offsetMs: 1 / 3, errorMs: 1 / 3 } as const
    const read = decodeDescription('{"clock":{}}')
    if (read === undefined) throw new Error('it is one')
    const text = encodeDescription({ ...read, sources: Array(100).fill(source) })
    expect(text).toMatch(/^[ -~]{1,8192}$/)
    expect(decodeDescription(text)).toBeDefined()
  })
})
