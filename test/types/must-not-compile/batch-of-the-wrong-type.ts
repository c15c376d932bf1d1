import { defineFlow, runBatch, shape } from 'stepflow'

const flow = defineFlow('f', { input: shape<number>() }, ({ input }) => input)
// error: Type 'string' is not assignable to type 'number'
runBatch(flow, ['one'])
