import { defineFlow, shape } from 'stepflow'
import { double } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  // error: Argument of type 'Ref<string, "f">' is not assignable to parameter of type 'Given<number, "f">'
  return step('d', double, input.userId)
})
