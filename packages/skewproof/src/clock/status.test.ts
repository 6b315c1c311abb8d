import { describe, expect, it } from 'vitest'
import { clockStatus } from './status.ts'

const limits = { freshForMs: 100, maxErrorMs: 50 }

describe('the status machine, every cell', () => {
  it.each([
    // agreed, disrupted, bound, status
    [undefined, false, 10, 'unsynchronized'],
    [undefined, true, 10, 'unsynchronized'],
    [undefined, false, 60, 'unsynchronized'],
    [undefined, true, 60, 'unsynchronized'],
    [0, false, 10, 'synchronized'],
    [0, false, 60, 'unsynchronized'],
    [0, true, 10, 'disrupted'],
    [0, true, 60, 'disrupted'],
    [200, false, 10, 'holdover'],
    [200, false, 60, 'unsynchronized'],
    [200, true, 10, 'disrupted'],
    [200, true, 60, 'disrupted'],
    // the edges
    [100, false, 50, 'synchronized'],
    [100.001, false, 50, 'holdover'],
    [100, false, 50.001, 'unsynchronized'],
  ] as const)('agreed for %s ms, disrupted %s, bound %s: %s', (agreedForMs, isDisrupted, errorMs, status) => {
    expect(clockStatus({ agreedForMs, isDisrupted, errorMs }, limits)).toBe(status)
  })
})
