import { defineFlow, shape } from 'stepflow'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input }) => {
  // error: Type 'Ref<string, "f">' is not assignable to type 'string'
  const id: string = input.userId
  return id
})
