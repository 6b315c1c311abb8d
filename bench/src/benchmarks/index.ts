import type { Benchmark } from '../benchmark.js'
import { bundle } from './bundle.js'
import { decide } from './decide.js'
import { flood } from './flood.js'
import { frameworkBenchmark } from './frameworks.js'
import { growth } from './growth.js'
import { issue } from './issue.js'
import { memory } from './memory.js'
import { propagation } from './propagation.js'
import { service } from './service.js'
import { start } from './start.js'
import { verifyFirst } from './verify-first.js'
import { verifyRedis } from './verify-redis.js'
import { verifySeen } from './verify-seen.js'

/** All of them, in the order of the page. */
export const benchmarks: readonly Benchmark[] = [
  verifyFirst,
  verifySeen,
  verifyRedis,
  issue,
  propagation,
  decide,
  frameworkBenchmark,
  service,
  start,
  memory,
  flood,
  bundle,
  growth,
]

/** The names of all sections of the page, also of those that `npm run bench:load` writes. */
export const pageOrder: readonly string[] = [...benchmarks.map(({ name }) => name), 'load', 'soak']
