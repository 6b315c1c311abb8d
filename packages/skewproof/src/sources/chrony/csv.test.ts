import fc from 'fast-check'
import { expect, it } from 'vitest'
import { printed } from '../../../test/chrony/captured.ts'
import { SourceError } from '../../clock/source.ts'
import { parseCsv } from './csv.ts'

const text = `${printed.join('\n')}\n`

it('reads what a real chronyc printed', () => {
  const { tracking, sources, activity } = parseCsv(text).report
  expect(tracking).toEqual({
    referenceId: '7F000001',
    address: '127.0.0.1',
    stratum: 3,
    leap: 'none',
    referenceTimeMs: expect.closeTo(1_795_476_113_380.957, 2),
    correctionMs: 150_000,
    lastOffsetMs: expect.closeTo(-0.000008, 7),
    rmsOffsetMs: expect.closeTo(0.00001, 7),
    frequencyPpm: 0.005,
    residualFrequencyPpm: 0,
    skewPpm: 0.007,
    rootDelayMs: expect.closeTo(0.004423, 7),
    rootDispersionMs: expect.closeTo(0.000496, 7),
    updateIntervalMs: 100,
  })
  expect(sources).toMatchObject([
    {
      address: 'GPS0',
      mode: 'reference-clock',
      state: 'unusable',
      lastSampleSeconds: undefined,
      statistics: { samples: 0, skewPpm: 2000, deviationMs: 4000 },
    },
    {
      address: '127.0.0.1',
      mode: 'server',
      state: 'selected',
      stratum: 2,
      pollSeconds: 0.0625,
      reachability: 255,
      lastSampleSeconds: 0,
      offsetMs: expect.closeTo(-0.000208, 7),
      measuredOffsetMs: expect.closeTo(-0.000216, 7),
      statistics: { samples: 64, spanSeconds: 6, residualFrequencyPpm: -0.003 },
    },
    { address: '::1', state: 'combined', statistics: { samples: 49 } },
  ])
  expect(activity).toEqual({ online: 2, offline: 0, burstOnline: 0, burstOffline: 0, unresolved: 0 })
})

it('tells when chronyd corrected its estimate between two answers', () => {
  const [tracking = ''] = printed
  expect(parseCsv(`${text}${tracking}\n`).isInterrupted).toBe(false)
  const later = tracking.replace('1795476113', '1795476114')
  expect(parseCsv(`${text}${later}\n`)).toMatchObject({
    isInterrupted: true,
    report: { tracking: { referenceTimeMs: expect.closeTo(1_795_476_114_380.957, 2) } },
  })
})

it('reads at most 64 sources', () => {
  const many = `${printed[0]}\n${`${printed[2]}\n`.repeat(100)}`
  expect(parseCsv(many).report.sources).toHaveLength(64)
})

it.each([
  ['nothing', ''],
  ['a message', '506 Cannot talk to daemon\n'],
  ['a line that is cut', text.slice(0, 60)],
  ['a number that is none', text.replace('150.000000000', 'nan')],
  ['a number without end', text.replace('150.000000000', '1'.repeat(1000))],
  ['an unknown leap status', text.replace('Normal', 'Abnormal')],
  ['a word of every object', text.replace('Normal', 'constructor')],
  ['no reference id', text.replace('7F000001', '')],
])('refuses %s', (_, printed) => {
  expect(() => parseCsv(printed)).toThrow(expect.objectContaining({ reason: 'malformed' }))
})

it('reads anything, or refuses it with a reason', () => {
  const field = fc.oneof(fc.constantFrom(...printed.join(',').split(',')), fc.string({ maxLength: 5 }))
  const line = fc.array(field, { minLength: 4, maxLength: 15 }).map(fields => fields.join(','))
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), lines => {
      try {
        parseCsv([printed[0], ...lines].join('\n'))
      } catch (error) {
        expect(error).toBeInstanceOf(SourceError)
      }
    }),
  )
})
