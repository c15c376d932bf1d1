import { defineFlow, type Ref, shape } from 'stepflow'
import { fetchUser } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step, coalesce }) => {
  const user = step('user', fetchUser, { id: input.userId })
  const zip = coalesce(user.address.zip, user.nick)
  const known: Ref<string | null, 'f'> = zip
  return known
})
