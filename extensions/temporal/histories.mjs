// Writes the histories of runs to files, for replay.mjs: node histories.mjs HOST:PORT FOLDER ID... A run that was renewed has
// one for each of its executions. In protobuf: what the SDK reads of JSON, it cannot.

import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(import.meta.url)
const { Client, Connection } = require('@temporalio/client')
const { temporal } = require('@temporalio/proto')

const [address, folder, ...ids] = process.argv.slice(2)
const connection = await Connection.connect({ address })
const client = new Client({ connection })
for (const id of ids) {
  let runId
  let part = 0
  do {
    const history = await client.workflow.getHandle(id, runId).fetchHistory()
    const content = temporal.api.history.v1.History.encode(history).finish()
    writeFileSync(join(folder, `${id}.${part++}.history`), content)
    runId = history.events[0].workflowExecutionStartedEventAttributes.continuedExecutionRunId
  } while (runId)
}
await connection.close()
