// A run that is kept in memory, of one step: what it costs before and after that step, and what stays of it.

import { line, median, number, takeTurns, timed } from '../measure.mjs'
import { loadEngine, planOf, routerOf, scratch } from '../programs.mjs'
import { order, work } from '../work.mjs'

const RUNS = 5_000

export async function measure() {
  const engine = await loadEngine(scratch())
  const [fn] = work
  const plan = planOf(engine, {
    steps: [{ id: 'only', component: `/${fn.name}`, input: { $input: '$' } }],
    output: { $step: 'only' },
  })
  const runs = engine.createEngine({ store: engine.createMemoryStore(), router: routerOf({ [fn.name]: fn }) })
  const { floors, subjects } = await takeTurns(
    // As `run` and `execute` of a program do, which keep nothing.
    () =>
      timed(async () => {
        for (let i = 0; i < RUNS; i++) await runs.runDirectly(plan, order(i))
      }),
    () =>
      timed(async () => {
        for (let i = 0; i < RUNS; i++) await (await runs.submit(plan, [order(i)])).ended
      }),
    { rounds: 9, warmUps: 4 },
  )
  await runs.close()
  const micros = subjects.map((ms) => (ms / RUNS) * 1000)
  const note = `kept nowhere: ${number((median(floors) / RUNS) * 1000)} us`
  return [
    line({ what: 'a run kept in memory, one step', goal: '<= 10 us', limit: 10, values: micros, unit: 'us', note }),
  ]
}
