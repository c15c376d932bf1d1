import { defineFlow, shape } from 'stepflow'
import { fetchUser, shout } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  const user = step('user', fetchUser, { id: input.userId })
  // error: 'Ref<string | null, "f">' is not assignable
  return step('s', shout, user.address.city)
})
