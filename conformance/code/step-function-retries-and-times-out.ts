// retry and timeout are of each attempt; a promise that never settles ends with TIMEOUT.

import { StepFunction } from 'stepflow'
import { type Case, fail } from './kit.ts'

export const flow = new StepFunction('patience')
  .addStep('Flaky', {
    func: (x: string, { attempt }) => (attempt < 3 ? fail('not yet')() : x),
    retry: { maxAttempts: 3, delay: '1ms' },
    nextStep: 'Wait',
  })
  .addStep('Wait', { func: (x: string) => (x === 'wait' ? new Promise(() => {}) : x), timeout: '20ms' })
  .setStartStep('Flaky')

export const cases: Case[] = [
  { name: 'the third attempt', input: 'go', result: 'go' },
  { name: 'never', input: 'wait', failed: { step: 'Wait', code: 'TIMEOUT' } },
]
