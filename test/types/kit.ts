// What the programs of this folder build on.

import { component, shape } from 'stepflow'

export interface User {
  name: string
  tier: 'gold' | 'silver'
  age: number
  active: boolean
  nick?: string
  tags: string[]
  address: { city: string; zip: string | null } | null
}

export const fetchUser = component(
  'fetch_user',
  { input: shape<{ id: string }>(), output: shape<User>() },
  async ({ id }) => ({ name: id, tier: 'gold', age: 7, active: true, tags: [], address: null }),
)
export const scoreUser = component(
  'score_user',
  { input: shape<{ user: User; bonus?: number }>(), output: shape<number>() },
  ({ bonus = 0 }) => bonus,
)
export const double = (x: number) => x * 2
export const shout = async (text: string) => text.toUpperCase()
export const now = () => 0
