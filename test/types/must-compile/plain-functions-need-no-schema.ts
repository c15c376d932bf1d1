import { defineFlow, shape } from 'stepflow'
import { shout } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  const text = step('s', shout, input.userId)
  return step('n', (x: { text: string }) => x.text.length, { text })
})
