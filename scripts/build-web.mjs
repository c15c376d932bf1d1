// Bundles the web interface into packages/stepflow/dist/web, its assets compressed as they are sent.

import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
  plugins: [englishOnly(), fontsFirst()],
  worker: { format: 'es' },
  oxc: { jsx: { runtime: 'automatic', importSource: 'react' } },
  build: {
    outDir: making,
    manifest: 'manifest.json',
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
checkSizes(making)
rmSync(join(making, 'manifest.json'))
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

/** Asked for with the page, not once its styles are read: what is written in another font first is laid out twice. */
function fontsFirst() {
  return {
    name: 'fonts-first',
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle }) =>
        Object.keys(bundle)
          .filter((file) => file.endsWith('.woff2'))
          .map((file) => ({
            tag: 'link',
            attrs: { rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: '', href: `./${file}` },
            injectTo: 'head',
          })),
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

/** KiB, compressed, that a page may load: what it needs is there soon also where the network is slow. */
function checkSizes(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
  const sizeOf = (file) => statSync(join(folder, `${file}.gz`)).size / 1024
  const filesOf = (key, found = new Set()) => {
    const { file, imports = [] } = manifest[key]
    if (!found.has(file)) {
      found.add(file)
      for (const one of imports) filesOf(one, found)
    }
    return found
  }
  const shell = filesOf('index.html')
  const sizes = Object.keys(manifest)
    .filter((key) => /^src\/pages\/.*-page\.tsx$/.test(key))
    .map((key) => [key, new Set([...shell, ...filesOf(key)])])
    .concat([['index.html', shell]])
    .map(([key, files]) => [key, [...files].reduce((sum, file) => sum + sizeOf(file), 0)])
  const css = readdirSync(join(folder, 'assets')).filter((name) => name.endsWith('.css.gz'))
  sizes.push(['styles', css.reduce((sum, name) => sum + statSync(join(folder, 'assets', name)).size / 1024, 0)])
  for (const name of readdirSync(join(folder, 'assets'))) {
    const [, worker] = /^(\w+)\.worker-/.exec(name) ?? []
    if (worker) sizes.push([`${worker} worker`, statSync(join(folder, 'assets', name)).size / 1024])
  }
  const most = {
    'index.html': 205,
    styles: 20,
    'compile worker': 95,
    'events worker': 12,
    'src/pages/run/run-page.tsx': 235,
    'src/pages/editor/editor-page.tsx': 385,
  }
  const over = sizes.filter(([key, size]) => size > (most[key] ?? 215))
  if (process.argv.includes('--sizes')) console.log(sizes)
  if (over.length === 0) return
  const told = over.map(([key, size]) => `${key}: ${size.toFixed(1)} KiB, at most ${most[key] ?? 215}`)
  throw new Error(`the page has become too large:\n${told.join('\n')}`)
}
