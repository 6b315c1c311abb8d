import { defineConfig } from 'vitest/config'

/** The tests of the library alone; the mutation runner knows no projects. */
export default defineConfig({
  test: { include: ['packages/skewproof/src/**/*.test.ts'] },
})
