import { defineFlow, shape } from 'stepflow'
import { now } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  // error: Type '"soon"' is not assignable to type 'Duration | undefined'
  return step('n', now, undefined, { timeout: 'soon' })
})
