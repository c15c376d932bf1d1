import { defineFlow, shape } from 'stepflow'
import { fetchUser } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  // error: Argument of type '{}' is not assignable to parameter of type 'Given<{ id: string; }, "f">'
  return step('user', fetchUser, {})
})
