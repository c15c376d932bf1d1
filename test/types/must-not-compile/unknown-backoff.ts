import { defineFlow, shape } from 'stepflow'
import { now } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  // error: Type '"linear"' is not assignable to type '"exponential" | "fibonacci" | "fixed" | undefined'
  return step('n', now, undefined, { retry: { backoff: 'linear' } })
})
