// Replays histories by the code of this build, and reports those that do not: node replay.mjs FILE... (see histories.mjs). Those
// of a key need STEPFLOW_PAYLOAD_KEY; those that refer to blobs cannot be replayed so.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const { DefaultLogger, Runtime, Worker } = require('@temporalio/worker')
const { temporal } = require('@temporalio/proto')
const { dataConverter } = require('./dist/data-converter.cjs')

Runtime.install({
  logger: new DefaultLogger('ERROR', () => {}),
  telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
})
const bundle = fileURLToPath(new URL('dist/workflow-bundle.js', import.meta.url))
const histories = process.argv.slice(2).map((file) => ({
  // Of RUN.PART.history.
  workflowId: basename(file).replace(/\.\d+\.history$/, ''),
  history: temporal.api.history.v1.History.decode(readFileSync(file)),
}))
let failed = 0
const options = { workflowBundle: { codePath: bundle }, dataConverter: dataConverter(process.env, undefined) }
for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
  if (!error) continue
  failed++
  process.stderr.write(`${workflowId}: ${error.message}\n`)
}
process.stdout.write(`${histories.length - failed} of ${histories.length} histories replay\n`)
process.exit(failed > 0 ? 1 : 0)
