import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { entrySources } from './scripts/sources.mjs'

export default defineConfig({
  // Tests read the sources, so that no build is needed to run them.
  resolve: {
    alias: Object.entries(entrySources()).map(([entry, file]) => ({
      find: new RegExp(`^${entry}$`),
      replacement: file,
    })),
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    // Unless told, vitest leaves one core to itself: on two cores the files would run one after the other, and tests of
    // child processes mostly wait.
    maxWorkers: Math.max(2, availableParallelism()),
    // Long, for a machine that is busy with other things: a test that hangs fails all the same.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 50_000 } },
  },
})
