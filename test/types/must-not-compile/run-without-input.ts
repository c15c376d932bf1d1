import { defineFlow, run, shape } from 'stepflow'

const flow = defineFlow('f', { input: shape<{ id: string }>() }, ({ input }) => input.id)
// error: Expected 2-3 arguments, but got 1.
run(flow)
