import { defineFlow, shape } from 'stepflow'
import { now } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  // error: Type 'string' is not assignable to type
  return step('n', now, undefined, { when: 'count > 3' })
})
