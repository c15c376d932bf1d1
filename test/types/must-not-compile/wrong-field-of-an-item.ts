import { defineFlow, shape } from 'stepflow'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ forEach }) => {
  // error: Property 'b' does not exist on type 'Ref<{ a: number; }, "f">'
  return forEach([{ a: 1 }], (item) => item.b)
})
