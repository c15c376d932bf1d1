import { defineFlow, type StepContext, shape } from 'stepflow'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  return step('a', (x: number, context: StepContext) => x + context.attempt, input.count)
})
