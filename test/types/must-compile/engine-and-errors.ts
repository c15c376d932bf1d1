import { createEngine, createMemoryStore, defineFlow, FlowError, StepFailedError } from 'stepflow'
import { now } from '../kit.ts'

const flow = defineFlow('f', {}, ({ step }) => step('n', now))
const engine = createEngine({ store: createMemoryStore(), flows: [flow] })
engine.run(flow, null).catch((error: unknown) => {
  if (FlowError.is(error)) console.error(error.code, error.data)
  if (error instanceof StepFailedError) console.error(error.step, error.results)
})
