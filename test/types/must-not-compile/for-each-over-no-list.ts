import { defineFlow, shape } from 'stepflow'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, forEach }) => {
  // error: Argument of type 'Ref<string, "f">' is not assignable
  return forEach(input.userId, (item) => item)
})
