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
    testTimeout: 20_000,
  },
})
