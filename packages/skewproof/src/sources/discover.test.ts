import { expect, it } from 'vitest'
import { ManualHostClock, SourceError, type SourceErrorReason, type TimeSource } from '../clock/index.ts'
import { OptionError } from '../time/index.ts'
import { createClock } from './create-clock.ts'
import { discoverSources } from './discover.ts'
import { system } from './system/system.ts'

function failing(reason: SourceErrorReason): TimeSource {
  return { ...system(), name: reason, measure: () => Promise.reject(new SourceError(reason, reason)) }
}

it('keeps what answers, also what says that it does not know the time yet', async () => {
  const deaf: TimeSource = {
    ...system(),
    name: 'deaf',
    measure: ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  }
  const candidates = [
    system(),
    deaf,
    ...(['unreachable', 'timeout', 'unsupported', 'unsynchronized', 'kiss-of-death'] as const).map(failing),
  ]
  const found = await discoverSources({ candidates, timeoutMs: 10 })
  expect(found.map(({ name }) => name)).toEqual(['system', 'unsynchronized', 'kiss-of-death'])
})

it('makes a clock from sources and from the texts that name them', async () => {
  const host = new ManualHostClock(1_800_000_000_000)
  const other: TimeSource = { ...system({ error: '20ms' }), name: 'other' }
  const clock = await createClock({ host, sources: ['system', other] })
  expect(clock.now()).toMatchObject({ status: 'synchronized', errorMs: 20 })
  expect(clock.sources.map(({ name }) => name)).toEqual(['system', 'other'])
  clock.close()
})

it('refuses a text that names nothing', async () => {
  await expect(createClock({ sources: ['sundial'] })).rejects.toThrow(OptionError)
})

it.each(['chrony', [5], [undefined]])('refuses sources that are %j', async sources => {
  await expect(createClock({ sources: sources as unknown as string[] })).rejects.toMatchObject({
    code: 'ERR_OPTION',
    option: 'sources',
  })
})
