import { defineFlow, runBatch, shape } from 'stepflow'

const flow = defineFlow('f', { input: shape<number>() }, ({ input }) => input)
// error: Type '"random"' is not assignable to type 'ResultOrder | undefined'
runBatch(flow, [1], { order: 'random' })
