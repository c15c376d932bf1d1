import { defineFlow, shape } from 'stepflow'
import { now } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  // error: This comparison appears to be unintentional because the types 'Ref<string, "f">' and 'string' have no overlap
  return step('n', now, undefined, { when: input.userId === 'u1' })
})
