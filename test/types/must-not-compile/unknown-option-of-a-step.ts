import { defineFlow, shape } from 'stepflow'
import { now } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  // error: 'retries' does not exist in type 'FlowStepOptions<number, "f">'
  return step('n', now, undefined, { retries: 3 })
})
