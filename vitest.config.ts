import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { MixedSequencer } from './test/support/sequencer.ts'

// Not isolated: to load the library anew for each file takes longer than most files do, and they share no state.
export default defineConfig({
  test: {
    // Many tests wait for processes of their own: leave no core for nothing.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    sequence: { sequencer: MixedSequencer },
    projects: [
      {
        test: {
          name: 'library',
          isolate: false,
          include: ['packages/skewproof/src/**/*.test.ts'],
          // Properties compute: on a busy machine they take a while.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'library with daemons',
          isolate: false,
          include: ['packages/skewproof/test/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'workspace',
          isolate: false,
          include: ['test/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'lint rules',
          isolate: false,
          include: ['packages/eslint-plugin-skewproof/test/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'dashboard',
          isolate: false,
          include: ['packages/dashboard/src/**/*.test.ts', 'packages/dashboard/test/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'server',
          isolate: false,
          include: ['packages/server/src/**/*.test.ts', 'packages/server/test/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
