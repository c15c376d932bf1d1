// Bundles the command line into packages/stepflow/dist: cli.cjs and what it loads when needed. Types are tsc's affair.
//
// What `stepflow run` needs is one CommonJS file: Node starts it 7 ms sooner than an ES module, and each file costs time.
// What it may need comes from files beside it, for Node reads every byte of a file before it runs the first:
//   commands.cjs   the other commands, with copies of what they share with `run`
//   store.cjs      the store in a SQLite file
//   postgres.cjs   the store in PostgreSQL, with the library for it
//   server.cjs     the server and its command, with copies of what they share with the others
//   grpc.cjs       workers over gRPC, with the library for it
//   yaml.cjs ...   libraries, shared by both
// Node's own modules are loaded at their first use, too.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { publishModules, publishTypes } from './published-modules.mjs'
import { entrySources } from './sources.mjs'

const root = new URL('../', import.meta.url)
const path = (name) => fileURLToPath(new URL(name, root))
const { version } = JSON.parse(readFileSync(path('packages/stepflow/package.json'), 'utf8'))
const source = path('packages/stepflow/src/cli')

/** Loaded from where npm put them: they hold files of their own (WebAssembly, a compiler). */
const outside = ['jiti', '@resvg/resvg-wasm', 'libsql']

/** Libraries that become files beside ours, by the name they are imported by. */
const libraries = {
  // The ES modules of yaml leave out what is not used; its CommonJS build does not.
  yaml: path('node_modules/yaml/browser/index.js'),
  'ajv/dist/2020.js': path('node_modules/ajv/dist/2020.js'),
  jsep: path('node_modules/jsep/dist/jsep.js'),
  croner: path('node_modules/croner/dist/croner.js'),
  // What we use of it: the rest is for signing in.
  '@modelcontextprotocol/client': path('scripts/mcp-client.mjs'),
  '@modelcontextprotocol/server': path('scripts/mcp-server.mjs'),
}
/** Parts that are in the file of another library: two copies of what both share would not know each other's objects. */
const within = { '@modelcontextprotocol/server/stdio': '@modelcontextprotocol/server' }
/** Those of which only named exports are used: they are loaded with the first of them. */
const whenUsed = new Set(['yaml', 'ajv/dist/2020.js', 'croner'])
const fileOf = (library) => `./${library.replace(/^@|\.js$|dist\//g, '').replaceAll('/', '-')}.cjs`

/** Every program loads these before ours begins: making them lazy would only make them slower. */
const alwaysThere = new Set([
  'fs',
  'path',
  'buffer',
  'events',
  'timers',
  'url',
  'util',
  'module',
  'process',
  'vm',
  'assert',
])

const require = createRequire(import.meta.url)

const lazy = {
  name: 'lazy',
  setup({ onResolve, onLoad }) {
    // `import('ajv')` must stay lazy but become a require: a real import() would start the loader of ES modules.
    onResolve({ filter: /.*/ }, ({ path: name }) =>
      Object.hasOwn(libraries, within[name] ?? name) ? { path: within[name] ?? name, namespace: 'beside' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'beside' }, ({ path: name }) => ({
      // As Node would have it: the default export of a CommonJS module is the module.
      contents: whenUsed.has(name)
        ? gettersOf(name, fileOf(name))
        : `const library = require(${JSON.stringify(fileOf(name))}); module.exports = library.default ?? library`,
    }))
    onResolve({ filter: /\.cjs$/ }, ({ path: name, namespace }) =>
      namespace === 'beside' ? { path: name, external: true } : undefined,
    )
    onResolve({ filter: /.*/ }, ({ path: name, namespace, kind }) => {
      const plain = name.replace(/^node:/, '')
      if (!isBuiltin(name) || namespace === 'builtin') return undefined
      if (alwaysThere.has(plain) && kind !== 'dynamic-import') return undefined
      return { path: plain, namespace: 'builtin' }
    })
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path: name }) => ({ contents: gettersOf(name) }))
    onResolve({ filter: /.*/, namespace: 'builtin' }, ({ path: name }) => ({ path: name, external: true }))
  },
}

/** A module whose exports are read from the real one when they are used; which is loaded with the first of them. */
function gettersOf(name, from = `node:${name}`) {
  const names = Object.keys(require(name)).filter((key) => /^[A-Za-z_$][\w$]*$/.test(key) && key !== 'default')
  return `let real
    for (const name of '${names.join(' ')}'.split(' '))
      Object.defineProperty(exports, name, { enumerable: true, get: () => (real ??= require('${from}'))[name] })`
}

/** Commands that are not on the way of `run` come from the other file. */
const otherCommands = {
  name: 'other-commands',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/commands\// }, ({ path: name, importer }) =>
      importer.endsWith('command-table.ts') && !name.endsWith('/run.ts')
        ? { path: 'commands', namespace: 'commands' }
        : undefined,
    )
    // Who starts a server waits for it: its command is in the server's own file, too, and the others are left unread.
    onLoad({ filter: /.*/, namespace: 'commands' }, () => ({
      contents: `module.exports = process.argv[2] === 'serve'
        ? { serve: require('./server.cjs').serveCommand }
        : require('./commands.cjs')`,
    }))
    onResolve({ filter: /.*/, namespace: 'commands' }, ({ path: name }) => ({ path: name, external: true }))
  },
}

/** A package of ours that is a file of its own: a short run needs no store but memory, and few commands a server. */
const apart = (name, file) => ({
  name: file,
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: file, namespace: file }))
    onLoad({ filter: /.*/, namespace: file }, () => ({ contents: `module.exports = require('./${file}.cjs')` }))
    onResolve({ filter: /.*/, namespace: file }, ({ path: target }) => ({ path: target, external: true }))
  },
})
const store = apart('@stepflow/store-sqlite', 'store')
const postgres = apart('@stepflow/store-postgres', 'postgres')
const server = apart('@stepflow/server', 'server')
const workers = apart('@stepflow/protocol/grpc', 'grpc')

/** What fastify brings along for servers that have no validator, serializer and log of their own. */
const unused = {
  name: 'unused',
  setup({ onResolve, onLoad }) {
    const names = ['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler', 'pino', 'light-my-request']
    onResolve({ filter: new RegExp(`^(${names.join('|')})$`) }, ({ path: name }) => ({
      path: name,
      namespace: 'unused',
    }))
    onLoad({ filter: /.*/, namespace: 'unused' }, ({ path: name }) => ({
      contents: `module.exports = () => { throw new Error('${name} is not in this package') }`,
    }))
  },
}

const options = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minifyWhitespace: true,
  minifySyntax: true,
  minifyIdentifiers: true,
  // An error that nobody caught shows the line that threw it: that must not be the whole program.
  lineLimit: 160,
  sourcemap: 'linked',
  // The sources are in the repository, under the paths that the maps name.
  sourcesContent: false,
  legalComments: 'none',
  external: outside,
  metafile: true,
  write: false,
}

const entries = entrySources()
// These are files of their own.
const {
  '@stepflow/store-sqlite': storeSource,
  '@stepflow/store-postgres': postgresSource,
  '@stepflow/protocol/grpc': workersSource,
  ...fromSources
} = entries

const shims = Object.fromEntries(
  ['client', 'server'].map((name) => [`@modelcontextprotocol/${name}/_shims`, path('scripts/mcp-shims.mjs')]),
)

const ours = {
  ...options,
  define: { STEPFLOW_VERSION: JSON.stringify(version), 'import.meta.url': '__stepflowUrl' },
  banner: { js: "const __stepflowUrl = require('node:url').pathToFileURL(__filename).href;" },
  // Our packages come in as sources, so that only what a command needs is run.
  alias: { ...fromSources, ...shims },
}

/** Our own packages, which `packages: 'external'` would leave outside. */
const sources = {
  name: 'sources',
  setup({ onResolve }) {
    onResolve({ filter: /^@stepflow\// }, ({ path: name }) => ({
      path: entries[name],
      sideEffects: false,
    }))
  },
}

const others = [...readFileSync(`${source}/command-table.ts`, 'utf8').matchAll(/import\('\.\/commands\/(\w+)\.ts'\)/g)]
  .map(([, name]) => name)
  .filter((name) => name !== 'run')

const results = await Promise.all([
  build({
    ...ours,
    entryPoints: [`${source}/main.ts`],
    outfile: path('packages/stepflow/dist/cli.cjs'),
    plugins: [otherCommands, store, postgres, workers, lazy],
  }),
  build({
    ...ours,
    stdin: {
      contents: others.map((name) => `export { ${name} } from './commands/${name}.ts'`).join('\n'),
      resolveDir: source,
    },
    outfile: path('packages/stepflow/dist/commands.cjs'),
    // Its map would be the largest file of the package; with its names, a stack can do without.
    minifyIdentifiers: false,
    sourcemap: false,
    plugins: [store, postgres, server, workers, lazy],
  }),
  build({
    ...ours,
    stdin: {
      contents: `export * from '@stepflow/server'; export { serve as serveCommand } from './commands/serve.ts'`,
      resolveDir: source,
    },
    outfile: path('packages/stepflow/dist/server.cjs'),
    minifyIdentifiers: false,
    sourcemap: false,
    plugins: [store, postgres, workers, unused, lazy],
  }),
  build({
    ...ours,
    entryPoints: [workersSource],
    outfile: path('packages/stepflow/dist/grpc.cjs'),
    sourcemap: false,
  }),
  build({
    ...ours,
    entryPoints: [storeSource],
    outfile: path('packages/stepflow/dist/store.cjs'),
    plugins: [lazy],
  }),
  build({
    ...ours,
    entryPoints: [postgresSource],
    outfile: path('packages/stepflow/dist/postgres.cjs'),
    // The library asks for it only if somebody wants it.
    external: [...outside, 'pg-native'],
    minifyIdentifiers: false,
    sourcemap: false,
  }),
  // The library: ES modules, whose parts are loaded when they are used.
  build({
    ...options,
    format: 'esm',
    splitting: true,
    // Names stay, and lines are short: a stack says what it was about without a map.
    minifyIdentifiers: false,
    sourcemap: false,
    alias: { yaml: libraries.yaml },
    plugins: [sources],
    entryPoints: {
      stepflow: entries.stepflow,
      sqlite: entries['stepflow/sqlite'],
      testing: entries['stepflow/testing'],
      sdk: entries['stepflow/sdk'],
      client: entries['stepflow/client'],
    },
    outdir: path('packages/stepflow/dist/esm'),
  }),
  ...Object.entries(libraries).map(([name, file]) =>
    build({
      ...options,
      sourcemap: false,
      alias: shims,
      entryPoints: [file],
      outfile: path(`packages/stepflow/dist/${fileOf(name)}`),
    }),
  ),
])

// Renamed into place: a program that starts at this moment must not read half of one.
for (const { outputFiles } of results) {
  for (const { path: file, contents } of outputFiles) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(
      `${file}.${process.pid}`,
      /\/(cli|commands|server)\.cjs$/.test(file) ? withImport(contents, file) : contents,
    )
    renameSync(`${file}.${process.pid}`, file)
  }
}
removeStale(path('packages/stepflow/dist/esm'))
publishTypes()
publishModules(Object.fromEntries(Object.keys(libraries).map((name) => [name, fileOf(name)])))
writeLicences()
// What draws a PNG reads its fonts from beside itself.
for (const name of ['draw', 'stepflow']) {
  cpSync(path('packages/draw/src/fonts'), path(`packages/${name}/dist/fonts`), { recursive: true })
}
copyDocsPage()
warmUp()

if (process.argv.includes('--sizes')) {
  for (const { metafile } of results) {
    for (const [name, { bytes, inputs }] of Object.entries(metafile.outputs)) {
      console.log(`${bytes} ${name}`)
      const largest = Object.entries(inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
      for (const [input, { bytesInOutput }] of largest.slice(0, 12)) console.log(`  ${bytesInOutput} ${input}`)
    }
  }
}

/** Parts of the library that were made before and are no longer. */
function removeStale(folder) {
  const made = new Set(results.flatMap(({ outputFiles }) => outputFiles.map(({ path: file }) => file)))
  for (const name of readdirSync(folder)) if (!made.has(join(folder, name))) rmSync(join(folder, name), { force: true })
}

/** What is left of import() in the program is for files that users name, and comes from the executable. */
function withImport(contents, file) {
  const text = Buffer.from(contents).toString()
  const changed = text.replace(/(?<![.\w$'"`])import\(/g, '__import(')
  if (changed === text) throw new Error(`${file} has no import() for files that users name; has it moved?`)
  return changed
}

/** What we hand on of others' libraries, with the licences that ask to be handed on too. */
function writeLicences() {
  const folders = new Set(results.flatMap(({ metafile }) => Object.keys(metafile.inputs).map(packageFolderOf)))
  const texts = [...folders]
    .filter(Boolean)
    .sort()
    .map((folder) => {
      const { name, version, license, author } = JSON.parse(readFileSync(path(`${folder}/package.json`), 'utf8'))
      const file = readdirSync(path(folder)).find((entry) => /^licen[cs]e/i.test(entry))
      // One has no file, and says it in its package.json.
      if (!file && license !== 'MIT') throw new Error(`${folder} has no file with its licence`)
      const text = file ? readFileSync(path(`${folder}/${file}`), 'utf8').trim() : `MIT, ${author?.name ?? author}`
      return `${name} ${version}\n\n${text}\n`
    })
  writeFileSync(path('packages/stepflow/dist/THIRD-PARTY-LICENCES.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`))
}

/** `node_modules/ajv/dist/core.js` -> `node_modules/ajv`; undefined for what is ours. */
function packageFolderOf(input) {
  return /^(?:.*\/)?(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]
}

/** What the page of the API's documentation loads comes from beside the program. */
function copyDocsPage() {
  const folder = path('packages/stepflow/dist/docs-page')
  mkdirSync(folder, { recursive: true })
  for (const name of ['swagger-ui-bundle.js', 'swagger-ui.css']) {
    cpSync(path(`node_modules/@fastify/swagger-ui/static/${name}`), join(folder, name))
  }
}

/** Runs a small flow once, so that the compiled code is there before the first user is. */
function warmUp() {
  const dist = path('packages/stepflow/dist')
  for (const name of readdirSync(dist)) if (name.includes('.cache')) rmSync(join(dist, name), { force: true })
  const folder = mkdtempSync(join(tmpdir(), 'stepflow-build-'))
  try {
    const step = '{ id: a, component: /builtin/noop, input: { $input: "$" } }'
    writeFileSync(join(folder, 'flow.yaml'), `name: a\ndescription: b\nsteps: [${step}]\noutput: { $step: a }\n`)
    for (const words of [
      ['run', 'flow.yaml', '--input-json', '{"a":1}'],
      ['validate', 'flow.yaml'],
    ]) {
      const { status, stderr } = spawnSync(process.execPath, [path('packages/stepflow/bin/stepflow.cjs'), ...words], {
        cwd: folder,
        encoding: 'utf8',
      })
      if (status !== 0) throw new Error(`the program that was built does not run:\n${stderr}`)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
