import { defineFlow, shape } from 'stepflow'
import { fetchUser, scoreUser } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  const user = step('user', fetchUser, { id: input.userId })
  // error: Type 'Ref<string, "f">' is not assignable to type 'Given<User, "f">'
  return step('score', scoreUser, { user: user.name })
})
