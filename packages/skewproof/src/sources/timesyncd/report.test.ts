import fc from 'fast-check'
import { expect, it } from 'vitest'
import { printed } from '../../../test/timesyncd/captured.ts'
import { SourceError } from '../../clock/source.ts'
import { correctionMsOf, delayMsOf, parseReport } from './report.ts'

it('reads what a real timesyncd said', () => {
  const report = parseReport(printed.answered)
  expect(report).toEqual({
    packetCount: 1,
    leap: 0,
    stratum: 1,
    precisionMs: 1000 / 2 ** 21,
    rootDelayMs: 0,
    rootDispersionMs: 0,
    originMs: 1_795_479_879_419.229,
    receiveMs: 1_795_479_876_924.787,
    transmitMs: 1_795_479_876_926,
    destinationMs: 1_795_479_879_435.374,
    pollIntervalMs: 16_000,
    frequencyPpm: 0,
  })
  // ((-2494.442) + (-2509.374)) / 2, and 16.145 - 1.213.
  expect(correctionMsOf(report)).toBeCloseTo(-2501.908, 2)
  expect(delayMsOf(report)).toBeCloseTo(14.932, 2)
})

it('reads every field', () => {
  const text = [
    '(uuuuittayttttbtt) 1 4 4 3 -6 2059 701 4 192 0 2 1 1000000 2000000 2000500 1001000 true 65 250',
    't 2048000000',
    'x -1310720',
    '',
  ].join('\n')
  expect(parseReport(text)).toEqual({
    packetCount: 65,
    leap: 1,
    stratum: 3,
    precisionMs: 1000 / 64,
    rootDelayMs: 2.059,
    rootDispersionMs: 0.701,
    originMs: 1000,
    receiveMs: 2000,
    transmitMs: 2000.5,
    destinationMs: 1001,
    pollIntervalMs: 2_048_000,
    frequencyPpm: -20,
  })
})

it('knows one that no server has answered yet', () => {
  expect(parseReport(printed.unanswered)).toMatchObject({ packetCount: 0, stratum: 0 })
})

it.each([
  ['nothing', ''],
  ['another type', printed.answered.replace('(uuuuittayttttbtt)', '(uuuu)')],
  ['a line less', printed.answered.slice(0, -4)],
  ['a line more', `${printed.answered}t 5\n`],
  ['a value less', printed.answered.replace(' false', '')],
  ['a reference of another length', printed.answered.replace(' 4 127 127 1 1', ' 3 127 127 1')],
  ['a number without end', printed.answered.replace('16000000', '1'.repeat(1000))],
  ['what is no number', printed.answered.replace('16000000', '1e9')],
])('refuses %s', (_, text) => {
  expect(() => parseReport(text)).toThrow(expect.objectContaining({ reason: 'malformed' }))
})

it('reads text of any kind, or refuses it', () => {
  const pieces = fc.constantFrom(...printed.answered.split(/(?=[ \n])/), '9'.repeat(20), ' -1', '\0')
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 60 }).map(parts => parts.join('')),
  )
  fc.assert(
    fc.property(text, text => {
      try {
        parseReport(text)
      } catch (error) {
        expect(error).toBeInstanceOf(SourceError)
      }
    }),
  )
})
