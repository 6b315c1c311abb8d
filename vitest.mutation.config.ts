import { defineConfig } from 'vitest/config'

const library = 'packages/skewproof/src'

/** The tests beside the pure cores: a mutant that only a simulation or a whole service notices is noticed too late. */
export default defineConfig({
  test: {
    include: [
      `${library}/time/*.test.ts`,
      `${library}/clock/*.test.ts`,
      `${library}/tokens/*.test.ts`,
      `${library}/client/{challenge,retry-after,session,skew,tokens}.test.ts`,
      `${library}/tokens/keys/rotation.test.ts`,
      `${library}/stores/lmdb/epoch.test.ts`,
    ],
    exclude: ['**/*.simulation.test.ts', '**/service.test.ts', '**/verifier.test.ts'],
  },
})
