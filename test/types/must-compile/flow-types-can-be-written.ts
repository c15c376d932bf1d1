import { defineFlow, type Flow, shape } from 'stepflow'
import { double } from '../kit.ts'

const flow: Flow<{ n: number }, number> = defineFlow('f', { input: shape<{ n: number }>() }, ({ input, step }) =>
  step('d', double, input.n),
)

export { flow }
