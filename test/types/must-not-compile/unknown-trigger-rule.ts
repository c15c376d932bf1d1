import { defineFlow, shape } from 'stepflow'
import { now } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  // error: Type '"always"' is not assignable to type 'TriggerRule | undefined'
  return step('n', now, undefined, { triggerRule: 'always' })
})
