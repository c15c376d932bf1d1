// Bundles the command line into one file: packages/stepflow/dist/cli.cjs. Reads sources; types are tsc's affair.
//
// CommonJS, because Node starts it 7 ms sooner than an ES module; one file, because each file it opens costs time.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = new URL('../', import.meta.url)
const path = (name) => fileURLToPath(new URL(name, root))
const { version } = JSON.parse(readFileSync(path('packages/stepflow/package.json'), 'utf8'))

// `createRequire(import.meta.url)('yaml')` is a lazy require of a source; of a bundle it would look outside.
const requireInside = {
  name: 'require-inside',
  setup({ onLoad }) {
    onLoad({ filter: /dialects\/src\/source\/yaml\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace("createRequire(import.meta.url)('yaml')", "require('yaml')"),
      loader: 'ts',
    }))
  },
}

const result = await build({
  entryPoints: [path('packages/stepflow/src/cli/main.ts')],
  outfile: path('packages/stepflow/dist/cli.cjs'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  keepNames: false,
  legalComments: 'none',
  metafile: process.argv.includes('--sizes'),
  define: { STEPFLOW_VERSION: JSON.stringify(version), 'import.meta.url': '__stepflowUrl' },
  banner: { js: "const __stepflowUrl = require('node:url').pathToFileURL(__filename).href;" },
  // Our packages come in as sources, so that only what a command needs is run.
  alias: {
    '@stepflow/engine': path('packages/engine/src/index.ts'),
    '@stepflow/dialects': path('packages/dialects/src/index.ts'),
    '@stepflow/protocol': path('packages/protocol/src/index.ts'),
    // The ES modules of yaml leave out what is not used; its CommonJS build does not.
    yaml: path('node_modules/yaml/browser/index.js'),
  },
  plugins: [requireInside],
  // Loaded when first needed, from where npm put them: they hold files of their own (WebAssembly, a compiler).
  external: ['jiti', 'minijinja-js', '@resvg/resvg-wasm', 'dejavu-fonts-ttf'],
})

if (result.metafile) {
  const [output] = Object.values(result.metafile.outputs)
  const inputs = Object.entries(output.inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
  for (const [name, { bytesInOutput }] of inputs.slice(0, 40)) console.log(String(bytesInOutput).padStart(8), name)
  console.log(String(output.bytes).padStart(8), 'in all')
}
