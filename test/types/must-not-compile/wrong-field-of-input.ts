import { defineFlow, shape } from 'stepflow'
import { fetchUser } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  // error: Property 'usrId' does not exist on type 'Ref<{ userId: string; count: number; list: number[]; }, "f">'. Did you mean 'userId'?
  return step('user', fetchUser, { id: input.usrId })
})
