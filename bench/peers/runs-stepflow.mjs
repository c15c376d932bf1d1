// Runs of a chain of steps on our engine, with its store in a file, for whoever started this process: it is sent how many,
// of how many steps, and how many of them at once, and answers with how long they took. Its one argument is the file.

import { createSqliteStore } from '../../packages/store-sqlite/dist/index.js'
import { chainOf, loadEngine, routerOf, scratch } from '../programs.mjs'
import { order, work } from '../work.mjs'
import { answerRuns } from './answer-runs.mjs'

const engine = await loadEngine(scratch())
const router = routerOf(Object.fromEntries(work.map((fn) => [fn.name, async (input) => fn(input)])))
const store = await createSqliteStore({ path: process.argv[2] })
const runs = engine.createEngine({ store, router })
const plans = new Map()

answerRuns(async (number, steps) => {
  if (!plans.has(steps)) plans.set(steps, chainOf(engine, steps))
  const handle = await runs.submit(plans.get(steps), [order(number)])
  for await (const { outcome } of handle.results()) {
    if (outcome.outcome !== 'success') throw new Error(outcome.error?.message)
  }
  await handle.ended
})
