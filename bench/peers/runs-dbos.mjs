// Runs of a chain of steps as workflows of DBOS on PostgreSQL, for whoever started this process: it is sent how many, of how
// many steps, and how many of them at once, and answers with how long they took. Its one argument is the address of an empty
// database.

import { DBOS } from '@dbos-inc/dbos-sdk'
import { order, work } from '../work.mjs'
import { answerRuns } from './answer-runs.mjs'

DBOS.setConfig({ name: 'bench', systemDatabaseUrl: process.argv[2], runAdminServer: false, logLevel: 'error' })
const chain = DBOS.registerWorkflow(
  async (input, steps) => {
    let value = input
    for (let step = 0; step < steps; step++) {
      const [given, fn] = [value, work[step % work.length]]
      value = await DBOS.runStep(async () => fn(given), { name: `s${step}` })
    }
    return value
  },
  { name: 'chain' },
)
await DBOS.launch()

answerRuns((number, steps) => chain(order(number), steps))
