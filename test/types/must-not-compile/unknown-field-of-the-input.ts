import { defineFlow, shape } from 'stepflow'
import { fetchUser } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  // error: 'idd' does not exist in type 'Given<{ id: string; }, "f">'
  return step('user', fetchUser, { id: 'x', idd: 1 })
})
