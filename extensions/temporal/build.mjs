// Builds the package: our code for workers and clients as one file, the code of the workflow as the bundle that each worker
// runs in Temporal's sandbox. Needs the root's build tools, and this folder's own dependencies.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { entrySources } from '../../scripts/sources.mjs'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const require = createRequire(import.meta.url)
const dist = process.argv[2] ?? path('dist')
/** Raised when a history of a released version does not replay any more. Another: for tests of two versions side by side. */
const version = process.env.STEPFLOW_REPLAY_VERSION ?? '1'

/** Our packages stand in it; Temporal's come with it. */
const options = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  alias: entrySources(),
  external: ['@temporalio/*'],
  logLevel: 'warning',
  define: { 'process.env.STEPFLOW_REPLAY_VERSION': JSON.stringify(version) },
}

mkdirSync(dist, { recursive: true })
await build({
  ...options,
  entryPoints: {
    index: path('src/index.ts'),
    'data-converter': path('src/payloads/data-converter.ts'),
    'failure-converter': path('src/payloads/failure-converter.ts'),
    // For replay.mjs.
    'worker-facts': path('src/worker-facts.ts'),
  },
  outdir: dist,
  outExtension: { '.js': '.cjs' },
})
// What stands beside its dependencies finds them.
const flat = path(`flat-${process.pid}`)
try {
  await build({
    ...options,
    platform: 'neutral',
    mainFields: ['module', 'main'],
    entryPoints: {
      workflow: path('src/workflow/workflow.ts'),
      'failure-converter': path('src/workflow/failure-converter.ts'),
    },
    outdir: flat,
    outExtension: { '.js': '.cjs' },
  })
  const { bundleWorkflowCode, DefaultLogger } = require('@temporalio/worker')
  const { code } = await bundleWorkflowCode({
    workflowsPath: `${flat}/workflow.cjs`,
    // Loaded once, not for each workflow: what it remembers between them must give the same to all of them, and at once.
    preloadModules: [`${flat}/workflow.cjs`, `${flat}/failure-converter.cjs`],
    failureConverterPath: `${flat}/failure-converter.cjs`,
    logger: new DefaultLogger('WARN'),
  })
  // A worker wants a map, which is as large as the code: this one has nothing in it.
  const map = Buffer.from('{"version":3,"file":"workflow-bundle.js","sources":[],"names":[],"mappings":""}').toString(
    'base64',
  )
  const end = `//# sourceMappingURL=data:application/json;base64,${map}\n`
  // Else the SDK takes down where each promise of a workflow was made: a third of the CPU of a run, for a query that would
  // answer with the inside of our engine.
  const begin = 'Error.stackTraceLimit = 0\n'
  writeFileSync(`${dist}/workflow-bundle.js`, begin + code.replace(/\/\/# sourceMappingURL=data:[^\n]*\n?$/, end))
} finally {
  rmSync(flat, { recursive: true, force: true })
}
