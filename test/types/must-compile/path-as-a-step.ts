import { defineFlow, shape } from 'stepflow'
import { shout } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  const answer = step('ask', '/builtin/openai', { messages: [input.userId] })
  return step('s', shout, answer.anything.at.all)
})
