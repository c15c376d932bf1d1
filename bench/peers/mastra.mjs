// Mastra: a workflow of its own, without storage, telemetry or schemas that check anything.

import { createStep, createWorkflow } from '@mastra/core/workflows'
import { z } from 'zod'

export function mastra(functions) {
  let workflow = createWorkflow({
    id: 'chain',
    inputSchema: z.any(),
    outputSchema: z.any(),
    options: { validateInputs: false },
  })
  for (const [i, fn] of functions.entries()) {
    const execute = async ({ inputData }) => fn(inputData)
    workflow = workflow.then(createStep({ id: `s${i}`, inputSchema: z.any(), outputSchema: z.any(), execute }))
  }
  workflow.commit()
  return async (input) => {
    const run = await workflow.createRun()
    return (await run.start({ inputData: input })).result
  }
}
