import { defineFlow, shape } from 'stepflow'
import { double } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input }) => {
  // error: Argument of type 'Ref<number, "f">' is not assignable to parameter of type 'number'
  return double(input.count)
})
