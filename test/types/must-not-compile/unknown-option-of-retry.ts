import { defineFlow, shape } from 'stepflow'
import { now } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  // error: 'attempts' does not exist in type 'RetryOptions'
  return step('n', now, undefined, { retry: { attempts: 3 } })
})
