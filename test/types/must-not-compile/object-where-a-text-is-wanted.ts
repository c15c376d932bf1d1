import { defineFlow, shape } from 'stepflow'
import { fetchUser } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  const user = step('user', fetchUser, { id: input.userId })
  // error: Type 'Ref<User, "f">' is not assignable to type 'Given<string, "f">'
  return step('again', fetchUser, { id: user })
})
