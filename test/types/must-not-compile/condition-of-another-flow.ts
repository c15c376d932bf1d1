import { defineFlow, type Ref, shape } from 'stepflow'
import { now } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  const other = {} as Ref<boolean, 'other'>
  // error: is not assignable to type
  return step('n', now, undefined, { when: other })
})
