import { defineFlow, shape } from 'stepflow'
import { scoreUser } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  // error: user
  return step('score', scoreUser, { user })
})
