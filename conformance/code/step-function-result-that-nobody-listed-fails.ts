// Without a default, a result that no key matches is the step's failure, and says what would have matched; null ends.

import { StepFunction } from 'stepflow'
import type { Case } from './kit.ts'

export const flow = new StepFunction('unlisted', { log: () => {} })
  .addStep('Ask', { func: (x: unknown) => x, branch: { a: 'End', b: 'End' } })
  .addStep('End', { func: () => 'end' })
  .setStartStep('Ask')

export const cases: Case[] = [
  { name: 'listed', input: 'a', result: 'end' },
  { name: 'unlisted', input: 'c', failed: { step: 'Ask', message: /no branch matches: there are "a", "b"/ } },
  { name: 'nothing', input: null, result: null },
]
