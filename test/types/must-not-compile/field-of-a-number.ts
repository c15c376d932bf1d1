import { defineFlow, shape } from 'stepflow'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input }) => {
  // error: Property 'value' does not exist on type 'Ref<number, "f">'
  return input.count.value
})
