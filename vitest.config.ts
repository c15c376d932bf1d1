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
    // Long, for a machine that is busy with other things: a test that hangs fails all the same.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 50_000 } },
  },
})
