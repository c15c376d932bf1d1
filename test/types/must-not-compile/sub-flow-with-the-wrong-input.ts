import { defineFlow, shape } from 'stepflow'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  const inner = defineFlow('inner', { input: shape<{ n: number }>() }, (inside) => inside.input.n)
  // error: Type 'Ref<string, "f">' is not assignable to type 'Given<number, "f">'
  return step('sub', inner, { n: input.userId })
})
