import { createEngine, defineFlow, shape } from 'stepflow'

const flow = defineFlow('f', { input: shape<{ n: number }>() }, ({ input }) => input.n)
// error: Type 'string' is not assignable to type 'number'
createEngine().submit(flow, [{ n: 'one' }])
