import { createEngine, defineFlow, shape } from 'stepflow'

const flow = defineFlow('f', { input: shape<{ n: number }>() }, ({ input }) => input.n)
// error: 'n' does not exist in type 'AsyncIterable<
createEngine().submit(flow, { n: 1 })
