import { createEngine, defineFlow, type Plan, StepFunction, shape } from 'stepflow'

const flow = defineFlow('f', { input: shape<{ n: number }>() }, ({ input }) => input.n)
const sf = new StepFunction('sf').addStep('a', { func: (n: number) => n })
const engine = createEngine()
async function* later() {
  yield { n: 1 }
}
await engine.submit(flow, [{ n: 1 }])
await engine.submit(flow, later(), { id: 'mine' })
await engine.submit(sf, [1, 'two'])
await engine.submit({} as Plan, [1, 'two'])
await engine.submit({} as Plan, new Set([null]))
