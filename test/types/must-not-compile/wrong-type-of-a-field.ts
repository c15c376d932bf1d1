import { defineFlow, shape } from 'stepflow'
import { fetchUser } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  // error: Type 'Ref<number, "f">' is not assignable to type 'Given<string, "f">'
  return step('user', fetchUser, { id: input.count })
})
