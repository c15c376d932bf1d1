import { defineFlow, shape } from 'stepflow'
import { fetchUser, shout } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step, coalesce }) => {
  const user = step('user', fetchUser, { id: input.userId })
  return step('s', shout, coalesce(user.nick, 'nobody'))
})
