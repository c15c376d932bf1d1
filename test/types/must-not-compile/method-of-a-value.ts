import { defineFlow, shape } from 'stepflow'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input }) => {
  // error: Property 'toUpperCase' does not exist on type 'Ref<string, "f">'
  return input.userId.toUpperCase()
})
