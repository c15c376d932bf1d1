import { defineFlow, shape } from 'stepflow'
import { double } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  // error: Type '"ignore"' is not assignable to type
  return step('d', double, 1, { onError: 'ignore' })
})
