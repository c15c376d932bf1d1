import { defineFlow, run } from 'stepflow'
import * as v from 'valibot'

const flow = defineFlow('f', { input: v.object({ n: v.number() }) }, ({ input }) => input.n)
const output: Promise<number> = run(flow, { n: 4 })
void output
