import { expect, it } from 'vitest'
import { ManualHostClock } from '../clock/manual.ts'
import { parseSource } from './parse.ts'

it('makes the source that the text names', async () => {
  const source = parseSource('system')
  const host = new ManualHostClock(1_800_000_000_000)
  const context = { host, signal: new AbortController().signal }
  expect(source.name).toBe('system')
  expect(await source.measure(context)).toEqual({ monotonicMs: 0, timeMs: 1_800_000_000_000, errorMs: 100 })
})

it.each(['', 'sytem', 'system:', 'x'.repeat(1000)])('refuses %j, and says what there is', text => {
  expect(() => parseSource(text)).toThrowError(/source: '.*' is not known; use system/)
})
