// Our own: a step function, a typed flow, and a plan that an engine is given as it is.

import { compileValue } from '@stepflow/dialects'
import { createEngine, createMemoryStore } from '@stepflow/engine'
import { defineFlow, run, StepFunction } from 'stepflow'

export function stepFunction(functions) {
  const chain = new StepFunction('chain')
  for (const [i, func] of functions.entries()) {
    chain.addStep(`s${i}`, i + 1 < functions.length ? { func, nextStep: `s${i + 1}` } : { func })
  }
  chain.setStartStep('s0')
  return async (input) => (await chain.execute(input)).result
}

export function typedFlow(functions) {
  const flow = defineFlow('chain', {}, ({ input, step }) =>
    functions.reduce((at, fn, i) => step(`s${i}`, fn, at), input),
  )
  return (input) => run(flow, input)
}

export function plan(functions) {
  const { plan: chain } = compileValue({
    steps: functions.map((_, i) => ({
      id: `s${i}`,
      component: `/s${i}`,
      input: i === 0 ? { $input: '$' } : { $step: `s${i - 1}` },
    })),
    output: { $step: `s${functions.length - 1}` },
  })
  const components = new Map(
    functions.map((fn, i) => [`/s${i}`, { component: { info: { name: `/s${i}` }, call: fn } }]),
  )
  const store = createMemoryStore({ forget: true })
  const engine = createEngine({ store, router: { route: (path) => components.get(path) } })
  return async (input) => {
    const handle = await engine.submit(chain, [input])
    for await (const { outcome } of handle.results()) {
      await handle.ended
      await store.runs.remove(handle.id)
      return outcome.result
    }
  }
}
