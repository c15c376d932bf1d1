import { defineFlow, run, shape } from 'stepflow'

const flow = defineFlow('f', { input: shape<{ id: string }>() }, ({ input }) => input.id)
// error: Type 'number' is not assignable to type 'string'
run(flow, { id: 7 })
