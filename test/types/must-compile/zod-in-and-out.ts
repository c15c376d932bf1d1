import { defineFlow, run } from 'stepflow'
import { z } from 'zod'
import { double } from '../kit.ts'

const flow = defineFlow(
  'f',
  { input: z.object({ n: z.coerce.number().default(1), on: z.date().optional() }) },
  ({ input, step }) => step('d', double, input.n),
)
run(flow, {})
const output: Promise<number> = run(flow, { n: '4' })
void output
