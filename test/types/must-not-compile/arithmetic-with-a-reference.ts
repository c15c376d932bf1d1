import { defineFlow, shape } from 'stepflow'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input }) => {
  // error: Operator '+' cannot be applied to types 'Ref<number, "f">' and 'number'
  return input.count + 1
})
