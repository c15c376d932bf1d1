// Replays histories by the code of this build, and reports those that do not: node replay.mjs FILE... (see histories.mjs). Those
// of a key need STEPFLOW_PAYLOAD_KEY, those that refer to blobs STEPFLOW_BLOBS=DIR: all of them as their workers had it.

import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const { DefaultLogger, Runtime, Worker } = require('@temporalio/worker')
const { temporal } = require('@temporalio/proto')
const { dataConverter, workerConverter } = require('./dist/data-converter.cjs')
const { withFacts } = require('./dist/worker-facts.cjs')

Runtime.install({
  logger: new DefaultLogger('ERROR', () => {}),
  telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
})
const { STEPFLOW_BLOBS: folder, STEPFLOW_PAYLOAD_KEY: key } = process.env
const facts = { keepsBlobs: Boolean(folder), isEncrypted: Boolean(key) }
const code = withFacts(readFileSync(fileURLToPath(new URL('dist/workflow-bundle.js', import.meta.url)), 'utf8'), facts)
// What the workflow hands on is there already.
const blobs = folder && { name: folder, get: (name) => readFile(join(folder, name)), put: async () => {} }
const histories = process.argv.slice(2).map((file) => ({
  // Of RUN.PART.history.
  workflowId: basename(file).replace(/\.\d+\.history$/, ''),
  history: temporal.api.history.v1.History.decode(readFileSync(file)),
}))
let failed = 0
const options = { workflowBundle: { code }, dataConverter: workerConverter(dataConverter(process.env, blobs)) }
for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
  if (!error) continue
  failed++
  process.stderr.write(`${workflowId}: ${error.message}\n`)
}
process.stdout.write(`${histories.length - failed} of ${histories.length} histories replay\n`)
process.exit(failed > 0 ? 1 : 0)
