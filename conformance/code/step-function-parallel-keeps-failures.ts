// All tasks get the input; without stopOnFailure a failure stands in the record, and the step succeeds.

import { StepFunction } from 'stepflow'
import { type Case, fail } from './kit.ts'

export const flow = new StepFunction('keeps')
  .addStep('All', {
    func: { b: (x: number) => x + 1, bad: fail('no'), a: async (x: number) => x },
    parallel: true,
    nextStep: 'See',
  })
  .addStep('See', {
    func: (all: Record<string, unknown>) => ({
      ...all,
      bad: (all.bad as Error).message,
      order: Object.keys(all).join(' '),
    }),
  })
  .setStartStep('All')

export const cases: Case[] = [{ name: 'all', input: 1, result: { b: 2, bad: 'no', a: 1, order: 'b bad a' } }]
