import { defineFlow, shape } from 'stepflow'
import { double } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step, coalesce }) => {
  return step('d', double, coalesce(input.list[0], 1))
})
