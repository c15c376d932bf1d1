// One run of a large plan against many runs of a plan of 100 steps of the same shape: the cost of a step must not grow.

import { line, median, number, takeTurns, timed } from '../measure.mjs'
import { loadEngine, planOf, routerOf, scratch } from '../programs.mjs'
import { order, work } from '../work.mjs'

const shapes = [
  { what: 'a chain of 10,000 steps', large: () => chain(10_000), small: () => chain(100) },
  { what: 'a fan-out of 10,000 and a join', large: () => fan(10_000), small: () => fan(99) },
  { what: 'a graph of 1,000 x 100 steps', large: () => layers(1_000, 100), small: () => layers(10, 10) },
]

export async function measure() {
  const engine = await loadEngine(scratch())
  const functions = Object.fromEntries(work.map((fn) => [fn.name, fn]))
  const router = routerOf({ ...functions, first: ([one]) => one })
  const lines = []
  for (const { what, large, small } of shapes) {
    const [largePlan, smallPlan] = [planOf(engine, large()), planOf(engine, small())]
    for (const isFirst of [false, true]) {
      const store = engine.createMemoryStore()
      const runs = engine.createEngine({ store, router })
      const perStep = async (plan) => {
        // As many small runs as make up 20,000 steps, and at least one large one.
        const times = Math.max(1, Math.round(20_000 / plan.steps.length))
        const done = []
        // To an engine a copy is a new plan: it has to work out what depends on what.
        const ms = await timed(async () => {
          for (let i = 0; i < times; i++) done.push(await runOnce(runs, isFirst ? { ...plan } : plan))
        })
        for (const id of done) store.runs.remove(id)
        return (ms / times / plan.steps.length) * 1e6
      }
      const { floors, subjects, ratios } = await takeTurns(
        () => perStep(smallPlan),
        () => perStep(largePlan),
        { rounds: 11, warmUps: 5 },
      )
      await runs.close()
      const note = `${number(median(subjects))} ns a step; of 100: ${number(median(floors))} ns`
      lines.push(
        line({
          what: isFirst ? '  the first run of the plan' : what,
          goal: '<= 1.5x of 100 steps',
          limit: 1.5,
          values: ratios,
          note,
        }),
      )
    }
  }
  return lines
}

// ---

async function runOnce(engine, plan) {
  const handle = await engine.submit(plan, [order(1)])
  for await (const { outcome } of handle.results()) {
    if (outcome.outcome !== 'success') throw new Error(JSON.stringify(outcome).slice(0, 200))
  }
  await handle.ended
  return handle.id
}

const call = (i) => `/${work[i % work.length].name}`

function chain(length) {
  const steps = Array.from({ length }, (_, i) => ({
    id: `s${i}`,
    component: call(i),
    input: i === 0 ? { $input: '$' } : { $step: `s${i - 1}` },
  }))
  return { steps, output: { $step: `s${length - 1}` } }
}

function fan(width) {
  const steps = Array.from({ length: width }, (_, i) => ({ id: `s${i}`, component: call(i), input: { $input: '$' } }))
  const all = steps.map(({ id }) => ({ $step: id }))
  return { steps: [...steps, { id: 'join', component: '/first', input: all }], output: { $step: 'join' } }
}

/** Each step reads two of the layer before: what one has as its id and name, and the other's amount. */
function layers(depth, width) {
  const steps = []
  for (let layer = 0; layer < depth; layer++) {
    for (let i = 0; i < width; i++) {
      const [a, b] = [`s${layer - 1}_${i}`, `s${layer - 1}_${(i + 1) % width}`]
      const input = {
        id: { $step: a, path: 'id' },
        name: { $step: a, path: 'name' },
        amount: { $step: b, path: 'amount' },
      }
      steps.push({ id: `s${layer}_${i}`, component: call(i), input: layer === 0 ? { $input: '$' } : input })
    }
  }
  return { steps, output: Array.from({ length: width }, (_, i) => ({ $step: `s${depth - 1}_${i}` })) }
}
