import type { Benchmark } from '../benchmark.js'
import { verifyFirst } from './verify-first.js'

/** All of them, in the order of the page. */
export const benchmarks: readonly Benchmark[] = [verifyFirst]
