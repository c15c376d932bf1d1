import { defineFlow, shape } from 'stepflow'
import { fetchUser, now } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  const user = step('user', fetchUser, { id: input.userId })
  // error: Type 'string' is not assignable to type 'AnyRef<unknown, "f">'
  return step('n', now, undefined, { needs: ['user'] })
})
