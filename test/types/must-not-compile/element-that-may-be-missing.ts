import { defineFlow, shape } from 'stepflow'
import { double } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  // error: Argument of type
  return step('d', double, input.list[0])
})
