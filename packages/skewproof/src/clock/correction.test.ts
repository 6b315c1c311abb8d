import { describe, expect, it } from 'vitest'
import { correctionBy, mayCorrect } from './correction.ts'

describe('mayCorrect', () => {
  it.each([
    [1000, 1, false, true],
    [-1000, 1, false, true],
    [1000.001, 1, false, false],
    [-1000.001, 2, false, false],
    [5000, 3, false, true],
    [5000, 1, true, true],
  ])('by %d ms, %d sources, authenticated %s: %s', (byMs, sources, isAuthenticated, may) => {
    expect(mayCorrect({ byMs, sources, isAuthenticated }, 1000)).toBe(may)
  })
})

describe('correctionBy', () => {
  const believed = { timeMs: 1000, errorMs: 10, status: 'synchronized' } as const

  it.each([
    // what is believed: 990 to 1010
    [995, 1005, 0],
    [0, 5000, 0],
    [1010, 1020, 0],
    [980, 990, 0],
    [1011, 1020, 1],
    [1500, 1600, 490],
    [970, 989, -1],
    [100, 200, -790],
  ])('of an interval from %d to %d is %d', (earliestMs, latestMs, byMs) => {
    expect(correctionBy(believed, earliestMs, latestMs)).toBe(byMs)
  })

  it('is measured from the wall clock where nothing else is believed', () => {
    const wall = { timeMs: 1000, errorMs: Number.POSITIVE_INFINITY, status: 'unsynchronized' } as const
    expect(correctionBy(wall, 1500, 1600)).toBe(500)
    expect(correctionBy(wall, 100, 200)).toBe(-800)
    expect(correctionBy(wall, 900, 1100)).toBe(0)
  })
})
