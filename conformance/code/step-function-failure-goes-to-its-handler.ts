// A failed step's handler is given the error and goes on from there; without a handler the run fails.

import { StepFunction } from 'stepflow'
import { type Case, fail } from './kit.ts'

export const flow = new StepFunction('handlers')
  .addStep('Work', {
    func: (x: string) => (x === 'bad' ? fail('no good')() : x),
    nextStep: 'Last',
    onFailure: 'Rescue',
  })
  .addStep('Rescue', { func: (error: Error) => `rescued: ${error.message}`, nextStep: 'Last' })
  .addStep('Last', { func: (x: string) => (x === 'worse' ? fail('unhandled')() : x) })
  .setStartStep('Work')

export const cases: Case[] = [
  { name: 'no failure', input: 'good', result: 'good' },
  { name: 'handled', input: 'bad', result: 'rescued: no good' },
  { name: 'unhandled', input: 'worse', failed: { step: 'Last', code: 'COMPONENT_FAILED', message: /unhandled/ } },
]
