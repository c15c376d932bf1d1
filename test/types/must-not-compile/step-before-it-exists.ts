import { defineFlow, shape } from 'stepflow'
import { fetchUser, scoreUser } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  // error: Block-scoped variable 'user' used before its declaration.
  const score = step('score', scoreUser, { user })
  const user = step('user', fetchUser, { id: input.userId })
  return score
})
