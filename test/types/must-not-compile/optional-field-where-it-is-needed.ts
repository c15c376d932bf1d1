import { defineFlow, shape } from 'stepflow'
import { fetchUser, shout } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  const user = step('user', fetchUser, { id: input.userId })
  // error: Argument of type 'Ref<string | null, "f">' is not assignable to parameter of type 'Given<string, "f">'
  return step('s', shout, user.nick)
})
