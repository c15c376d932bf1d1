// Many items through a chain of ten steps in memory, against a loop that calls the same functions.

import { line, median, number, takeTurns, timed } from '../measure.mjs'
import { loadEngine, planOf, routerOf, scratch } from '../programs.mjs'
import { order, work } from '../work.mjs'

const ITEMS = 20_000
const STEPS = 10

export async function measure() {
  const engine = await loadEngine(scratch())
  const inputs = Array.from({ length: ITEMS }, (_, i) => order(i))
  const functions = Array.from({ length: STEPS }, (_, i) => work[i % work.length])
  const plan = planOf(engine, {
    steps: functions.map(({ name }, i) => ({
      id: `s${i}`,
      component: `/${name}`,
      input: i === 0 ? { $input: '$' } : { $step: `s${i - 1}` },
    })),
    output: { $step: `s${STEPS - 1}` },
  })
  const router = routerOf(Object.fromEntries(work.map((fn) => [fn.name, fn])))

  async function loop() {
    const context = { attempt: 1 }
    const results = []
    for (const input of inputs) {
      let value = input
      for (let i = 0; i < functions.length; i++) value = functions[i](value, context)
      results.push(value)
    }
    return results
  }

  async function flow(store) {
    const runs = engine.createEngine({ store, router })
    const handle = await runs.submit(plan, inputs)
    const results = []
    for await (const { outcome } of handle.results()) results.push(outcome.result)
    return results
  }

  const same = JSON.stringify(await loop()) === JSON.stringify(await flow(engine.createMemoryStore()))
  if (!same) throw new Error('the loop and the flow do not give the same results')

  const lines = []
  for (const forget of [true, false]) {
    const { floors, subjects, ratios } = await takeTurns(
      () => timed(loop),
      () => timed(() => flow(engine.createMemoryStore({ forget }))),
      { rounds: 15, warmUps: 5 },
    )
    const per = (values) => number((median(values) / ITEMS / STEPS) * 1e6)
    const note = `${per(subjects)} ns a step; the loop: ${per(floors)} ns`
    lines.push(
      forget
        ? line({ what: '20,000 items x 10 steps', goal: '<= 5x a plain loop', limit: 5, values: ratios, note })
        : line({ what: '  with every step on record', values: ratios, note }),
    )
  }
  return lines
}
