import { defineFlow, shape } from 'stepflow'
import { fetchUser } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step, cond }) => {
  const user = step('user', fetchUser, { id: input.userId })
  // error: Property 'tear' does not exist on type 'Ref<User, "f">'
  return cond(user.active, user, user).tear
})
