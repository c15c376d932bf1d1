import { defineFlow, shape } from 'stepflow'
import { fetchUser } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input }) => {
  // error: Type 'Ref<string, "f">' is not assignable to type 'Given<string, "g">'
  return defineFlow('g', {}, (g) => g.step('user', fetchUser, { id: input.userId }))
})
