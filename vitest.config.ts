import { defineConfig } from 'vitest/config'

const source = (path: string) => new URL(`./packages/${path}`, import.meta.url).pathname

export default defineConfig({
  // Tests read the sources, so that no build is needed to run them.
  resolve: {
    alias: [
      { find: /^@stepflow\/engine\/testing$/, replacement: source('engine/src/testing/index.ts') },
      { find: /^@stepflow\/(engine|dialects|draw|protocol|store-sqlite)$/, replacement: source('$1/src/index.ts') },
      { find: /^@stepflow\/draw\/png$/, replacement: source('draw/src/png.ts') },
      { find: /^@stepflow\/protocol\/sdk$/, replacement: source('protocol/src/sdk.ts') },
      { find: /^stepflow\/(sdk|sqlite|testing)$/, replacement: source('stepflow/src/$1.ts') },
      { find: /^stepflow$/, replacement: source('stepflow/src/index.ts') },
    ],
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 20_000,
  },
})
