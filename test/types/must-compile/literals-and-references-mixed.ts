import { defineFlow, shape } from 'stepflow'
import { fetchUser, scoreUser } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  const user = step('user', fetchUser, { id: input.userId })
  return step('score', scoreUser, {
    user: { name: user.name, tier: 'gold', age: input.count, active: true, tags: ['a', user.name], address: null },
    bonus: 1,
  })
})
