// With stopOnFailure the first failure stops the siblings and is the step's.

import { StepFunction } from 'stepflow'
import { type Case, fail } from './kit.ts'

export const flow = new StepFunction('stops')
  .addStep('All', {
    func: { never: () => new Promise(() => {}), bad: async () => fail('no')() },
    parallel: true,
    stopOnFailure: true,
  })
  .setStartStep('All')

export const cases: Case[] = [{ name: 'stopped', failed: { step: 'All', message: /no/ } }]
