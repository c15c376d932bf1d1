// Bundles the web interface into packages/stepflow/dist/web, its assets compressed as they are sent.

import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { entrySources } from './sources.mjs'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const outDir = path('packages/stepflow/dist/web')
const making = `${outDir}.${process.pid}`

await build({
  root: path('packages/web'),
  configFile: false,
  logLevel: 'warn',
  // Relative, so that the page may stand below any path; the server puts its prefix into index.html.
  base: './',
  resolve: {
    // Our packages come in as sources, so that only what the page needs is in it.
    alias: Object.entries(entrySources()).map(([entry, file]) => ({
      find: new RegExp(`^${entry}$`),
      replacement: file,
    })),
  },
  plugins: [englishOnly()],
  worker: { format: 'es' },
  oxc: { jsx: { runtime: 'automatic', importSource: 'react' } },
  build: {
    outDir: making,
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
    sourcemap: false,
    rolldownOptions: {
      // Libraries say where their parts may run on a server; these never do.
      onwarn: (warning, warn) => (warning.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : warn(warning)),
    },
    license: { fileName: 'licences.md' },
  },
})

compress(join(making, 'assets'))
rmSync(outDir, { recursive: true, force: true })
renameSync(making, outDir)

// ---

/** The parts that come from React Aria speak thirty languages; the page speaks one. */
function englishOnly() {
  return {
    name: 'english-only',
    load(id) {
      return /react-(aria|stately)[^?]*\/intl\/.*\/(?!en-US)[a-z]{2}-[A-Z]{2}\.(json|m?js)$/.test(id)
        ? 'export default {}'
        : null
    },
  }
}

/** Fonts are compressed by themselves. */
function compress(folder) {
  for (const name of readdirSync(folder)) {
    if (!/\.(js|css|svg)$/.test(name)) continue
    writeFileSync(join(folder, `${name}.gz`), gzipSync(readFileSync(join(folder, name)), { level: 9 }))
    rmSync(join(folder, name))
  }
}
