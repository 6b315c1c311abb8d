// `npm run mutation`: do the tests of the pure cores notice when the code is wrong?
const library = 'packages/skewproof/src'

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: [
    `${library}/time/*.ts`,
    `${library}/clock/{anchor,clock,correction,disturbance,fusion,monotone,polling,sample,status}.ts`,
    `${library}/tokens/{decision,policy}.ts`,
    `${library}/client/{challenge,retry-after,session,skew,tokens}.ts`,
    `${library}/tokens/keys/rotation.ts`,
    `${library}/stores/lmdb/epoch.ts`,
    '!**/*.test.ts',
    '!**/index.ts',
  ],
  // No path of a tsconfig leads out of the workspace. Rewriting them would need the compiler's API, which TypeScript 7 has not.
  tsconfigFile: 'none',
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts' },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  reporters: ['clear-text', 'progress', 'html', 'json'],
  htmlReporter: { fileName: 'reports/mutation/index.html' },
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
  clearTextReporter: { allowColor: false, reportTests: false },
  thresholds: { high: 95, low: 93, break: 92 },
}
