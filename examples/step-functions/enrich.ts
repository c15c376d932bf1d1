// A flow of typed steps: what a step returns here is a reference, and what is wrong with it does not compile.

import { component, defineFlow, shape } from 'stepflow'

export interface User {
  name: string
  tier: 'gold' | 'silver'
  active: boolean
  friends: string[]
}

export const fetch_user = component(
  'fetch_user',
  { input: shape<{ id: string }>(), output: shape<User>() },
  async ({ id }) => ({ name: `user ${id}`, tier: 'gold', active: id !== 'u0', friends: ['u7', 'u8'] }),
)

export const score_user = component(
  'score_user',
  { input: shape<{ name: string; premium: string }>(), output: shape<number>() },
  ({ name, premium }) => name.length + (premium === 'gold' ? 100 : 0),
)

export const enrich = defineFlow(
  'enrich',
  { description: 'A user with a score and friends', input: shape<{ userId: string }>() },
  ({ input, step, forEach }) => {
    const user = step('user', fetch_user, { id: input.userId }, { retry: { maxAttempts: 3, delay: '200ms' } })
    const score = step('score', score_user, { name: user.name, premium: user.tier }, { when: user.active })
    const friends = forEach(user.friends, (id) => step('friend', fetch_user, { id }), { maxConcurrent: 4 })
    return { name: user.name, score, friends }
  },
)
