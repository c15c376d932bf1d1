import { defineFlow, shape } from 'stepflow'
import { now } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  // error: Operator '>' cannot be applied to types 'Ref<number, "f">' and 'number'
  return step('n', now, undefined, { when: input.count > 3 })
})
