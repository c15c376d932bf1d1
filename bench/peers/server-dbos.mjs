// The three steps of ../work.mjs as a workflow of DBOS on PostgreSQL, behind Node's own HTTP server. Prints where it is.
// Its one argument is the address of an empty database.

import { createServer } from 'node:http'
import { DBOS } from '@dbos-inc/dbos-sdk'
import { work } from '../work.mjs'

DBOS.setConfig({ name: 'bench', systemDatabaseUrl: process.argv[2], runAdminServer: false, logLevel: 'error' })
const orders = DBOS.registerWorkflow(
  async (input) => {
    let value = input
    for (const step of work) {
      const given = value
      value = await DBOS.runStep(async () => step(given), { name: step.name })
    }
    return value
  },
  { name: 'orders' },
)
await DBOS.launch()

const server = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (part) => {
    text += part
  })
  request.on('end', async () => {
    const result = await orders(JSON.parse(text))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(result))
  })
})
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}/` }))
})
// Nothing is kept: its database goes with the measurement.
process.on('SIGTERM', () => process.exit(0))
