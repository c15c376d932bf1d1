import { defineFlow, shape } from 'stepflow'
import { double } from '../kit.ts'

export default defineFlow('tuples', { input: shape<[number, string]>() }, ({ input, step }) =>
  // error: is not assignable to parameter of type 'Given<number, "tuples">'
  step('n', double, input[1]),
)
