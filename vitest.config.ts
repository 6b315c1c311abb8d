import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { MixedSequencer } from './test/support/sequencer.ts'

export default defineConfig({
  test: {
    // Many tests wait for processes of their own: leave no core for nothing.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    sequence: { sequencer: MixedSequencer },
    projects: [
      {
        test: {
          name: 'library',
          include: ['packages/skewproof/src/**/*.test.ts'],
          // Properties compute: on a busy machine they take a while.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'library with daemons',
          include: ['packages/skewproof/test/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'workspace',
          include: ['test/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'lint rules',
          include: ['packages/eslint-plugin-skewproof/test/**/*.test.ts'],
          // The compiler in TypeScript's parser is large: load it once.
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'dashboard',
          include: ['packages/dashboard/src/**/*.test.ts', 'packages/dashboard/test/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'server',
          include: ['packages/server/src/**/*.test.ts', 'packages/server/test/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
