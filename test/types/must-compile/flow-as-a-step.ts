import { defineFlow, run, shape } from 'stepflow'
import { double } from '../kit.ts'

const inner = defineFlow('inner', { input: shape<{ n: number }>() }, ({ input, step }) => ({
  made: step('d', double, input.n),
}))
const outer = defineFlow(
  'outer',
  { input: shape<number>() },
  ({ input, step }) => step('sub', inner, { n: input }).made,
)
const output: Promise<number> = run(outer, 1)
void output
