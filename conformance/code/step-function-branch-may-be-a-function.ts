// A branch that is a function of the result names the next step, which gets the result; nothing is the end.

import { StepFunction } from 'stepflow'
import type { Case } from './kit.ts'

export const flow = new StepFunction('callable', { log: () => {} })
  .addStep('Score', { func: (x: number) => x, branch: (x: number) => (x > 5 ? 'High' : x < 0 ? 'Nowhere' : undefined) })
  .addStep('High', { func: (x: number) => `high ${x}` })
  .setStartStep('Score')

export const cases: Case[] = [
  { name: 'chosen', input: 6, result: 'high 6' },
  { name: 'nothing', input: 1, result: 1 },
  { name: 'no step', input: -1, failed: { message: /chose "Nowhere", which is not a step/ } },
]
