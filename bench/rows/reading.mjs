// What it takes to show a recorded run, against reading the same rows of its journals and parsing them: the rows of its steps,
// and how its items stand. And showing a journal with 20 secrets known, against none.

import { join } from 'node:path'
import { Redactor } from '../../packages/engine/dist/index.js'
import { createRunReader } from '../../packages/host/dist/history/index.js'
import { createSqliteStore } from '../../packages/store-sqlite/dist/index.js'
import { line, median, number, takeTurns, timed } from '../measure.mjs'
import { isQuick, loadEngine, planOf, routerOf, scratch } from '../programs.mjs'
import { order, work } from '../work.mjs'

const STEPS = isQuick ? 1_000 : 10_000
const ITEMS = isQuick ? 10_000 : 100_000

export async function measure() {
  const folder = scratch()
  const store = await createSqliteStore({ path: join(folder, 'runs.db'), synchronous: 'off' })
  await record(store, folder)
  const plain = createRunReader(store, knowing([]))
  const wary = createRunReader(
    store,
    knowing(Array.from({ length: 20 }, (_, i) => `${i}-a-secret-that-nobody-has-written-down`)),
  )
  const journals = async (run) => {
    for (const { journal } of await store.runs.shards(run)) await store.read(journal)
  }
  const shown = (reader) => async () => {
    const run = await reader.open('chain')
    for await (const { rows } of run.journals()) for await (const _ of rows);
  }
  const against = async (what, { limit, beside, goal }, floor, subject) => {
    const { floors, subjects, ratios } = await takeTurns(
      () => timed(floor),
      () => timed(subject),
      { rounds: 9, warmUps: 2 },
    )
    const note = `${number(median(subjects))} ms; ${beside}: ${number(median(floors))} ms`
    return line({ what, goal, limit, values: ratios, note })
  }
  const reading = { limit: 3, goal: '<= 3x reading the journal', beside: 'reading' }
  const secrets = { limit: 1.5, goal: '<= 1.5x without', beside: 'without' }
  const rows = [
    await against(
      `rows of ${number(STEPS)} steps`,
      reading,
      () => journals('chain'),
      async () => (await plain.open('chain')).visitsOf(0),
    ),
    await against(
      `statuses of ${number(ITEMS)} items`,
      reading,
      () => journals('batch'),
      async () => {
        for await (const _ of (await plain.open('batch')).itemBytes());
      },
    ),
    await against(`journal of ${number(STEPS)} steps, 20 secrets`, secrets, shown(plain), shown(wary)),
  ]
  await store.close()
  return rows
}

// ---

async function record(store, folder) {
  const engine = await loadEngine(folder)
  const router = routerOf(Object.fromEntries(work.map((fn) => [fn.name, async (input) => fn(input)])))
  const runs = engine.createEngine({ store, router })
  const chain = (steps) =>
    planOf(engine, {
      steps: Array.from({ length: steps }, (_, i) => ({
        id: `s${i}`,
        component: `/${work[i % work.length].name}`,
        input: i === 0 ? { $input: '$' } : { $step: `s${i - 1}` },
      })),
      output: { $step: `s${steps - 1}` },
    })
  await (await runs.submit(chain(STEPS), [order(0)], { id: 'chain' })).ended
  const inputs = Array.from({ length: ITEMS }, (_, i) => order(i))
  await (await runs.submit(chain(1), inputs, { id: 'batch' })).ended
  await runs.close()
}

/** What a reader asks of the secrets of a process. */
function knowing(texts) {
  return { known: { named: new Redactor(texts) }, async refresh() {} }
}
