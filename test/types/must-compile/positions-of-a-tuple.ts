import { defineFlow, run, shape } from 'stepflow'
import { double, shout } from '../kit.ts'

const flow = defineFlow(
  'tuples',
  { input: shape<readonly [number, string, number?]>() },
  ({ input, step, coalesce }) => ({
    n: step('n', double, input[0]),
    s: step('s', shout, input[1]),
    rest: step('rest', double, coalesce(input[2], 0)),
  }),
)
const { n, s }: { n: number; s: string } = await run(flow, [1, 'a'])
console.log(n, s)
