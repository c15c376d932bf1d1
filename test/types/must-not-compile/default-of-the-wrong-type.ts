import { defineFlow, shape } from 'stepflow'
import { double } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  // error: Type 'string' is not assignable to type 'Given<number, "f">
  return step('d', double, 1, { onError: { default: 'none' } })
})
