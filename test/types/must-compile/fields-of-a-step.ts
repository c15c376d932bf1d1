import { defineFlow, type Ref, shape } from 'stepflow'
import { fetchUser, scoreUser } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  const user = step('user', fetchUser, { id: input.userId })
  const name: Ref<string, 'f'> = user.name
  return { name, score: step('score', scoreUser, { user }) }
})
