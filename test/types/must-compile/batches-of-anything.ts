import { defineFlow, runBatch, shape } from 'stepflow'
import { double } from '../kit.ts'

const flow = defineFlow('f', { input: shape<number>() }, ({ input, step }) => step('d', double, input))
async function* numbers() {
  yield 1
}
for await (const { index, outcome } of runBatch(flow, numbers(), { order: 'completion', maxConcurrent: 4 })) {
  if (outcome.outcome === 'success') console.log(index, outcome.result.toFixed())
}
