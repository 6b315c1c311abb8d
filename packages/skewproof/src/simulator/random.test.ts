import { describe, expect, it } from 'vitest'
import { Random } from './random.ts'

const count = 20_000

function draws(draw: () => number): readonly number[] {
  return Array.from({ length: count }, draw)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

describe('Random', () => {
  it('gives the same numbers for the same seed, on every machine', () => {
    const random = new Random(42)
    expect([random.uniform(), random.uniform(), random.exponential(1), random.normal()]).toEqual(golden)
  })

  it('gives others for another seed, and for a fork', () => {
    const random = new Random(1)
    const firsts = [random.uniform(), new Random(2).uniform(), random.fork().uniform()]
    expect(new Set(firsts).size).toBe(3)
  })

  it('is uniform, exponential and nearly normal', () => {
    const random = new Random(3)
    const uniform = draws(random.uniform)
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...uniform)).toBeLessThan(1)
    expect(mean(uniform)).toBeCloseTo(0.5, 1)
    const exponential = draws(() => random.exponential(5))
    expect(mean(exponential)).toBeCloseTo(5, 0)
    // The share above the mean is 1/e.
    expect(mean(exponential.map(value => (value > 5 ? 1 : 0)))).toBeCloseTo(Math.exp(-1), 1)
    const normal = draws(() => random.normal())
    expect(mean(normal)).toBeCloseTo(0, 1)
    expect(mean(normal.map(value => value ** 2))).toBeCloseTo(1, 1)
    expect(Math.max(...draws(() => Math.abs(random.within(7))))).toBeLessThanOrEqual(7)
  })
})

const golden = [0.512933362973854, 0.9505410250276327, 0.1844724602997303, -0.005345240933820605]
