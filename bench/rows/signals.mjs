// Approvals: many items of one batch wait, each for a signal of its own; from the first signal sent to the end of the run.

import { join } from 'node:path'
import { createSqliteStore } from '../../packages/store-sqlite/dist/index.js'
import { line, number } from '../measure.mjs'
import { isQuick, loadEngine, scratch } from '../programs.mjs'

const ITEMS = isQuick ? 2_000 : 20_000
const ROUNDS = 5
/** Signals on their way at once. */
const SENDERS = 64

export async function measure() {
  const folder = scratch()
  const engine = await loadEngine(folder)
  const stores = {
    'in memory': () => engine.createMemoryStore(),
    durable: (round) => createSqliteStore({ path: join(folder, `${round}.db`) }),
  }
  const lines = []
  for (const [name, open] of Object.entries(stores)) {
    const values = []
    for (let round = 0; round < ROUNDS; round++) values.push(await decideAll(engine, await open(round)))
    const what = `${number(ITEMS)} items that wait get their signals, ${name}`
    lines.push(line({ what, goal: '<= 2 s', limit: 2, values, unit: 's', note: `${SENDERS} sent at once` }))
  }
  return lines
}

// ---

/** Seconds. */
async function decideAll(engine, store) {
  const ask = (input, { woken }) => (woken ? [input, woken.payload] : new engine.Park({ signal: { name: 'answer' } }))
  const router = { route: (name) => ({ component: { info: { name, repeatable: true }, call: ask } }) }
  const runs = engine.createEngine({ store, router })
  const run = await runs.submit(
    PLAN,
    Array.from({ length: ITEMS }, (_, item) => item),
  )
  while ((await store.runs.get(run.id)).atWork.waiting < ITEMS) await new Promise((resolve) => setTimeout(resolve, 10))
  let next = 0
  const send = async () => {
    for (let item = next++; item < ITEMS; item = next++)
      await runs.signal(run.id, { name: 'signal', signal: 'answer', payload: item, item })
  }

  const start = performance.now()
  await Promise.all(Array.from({ length: SENDERS }, send))
  const row = await run.ended
  const took = performance.now() - start

  if (row.items.success !== ITEMS) throw new Error(`${row.items.success} of ${ITEMS} items ended well`)
  await runs.close()
  await store.close()
  return took / 1000
}

const PLAN = {
  name: 'asks',
  entry: 1,
  exit: 1,
  onFailure: 'stop',
  steps: [
    { id: 'ask', component: '/ask', input: { op: 'input' } },
    { id: 'exit', component: null, hidden: true, input: { op: 'step', step: 0 } },
  ],
}
